#include "timeline/named_points.hpp"

#include <fmt/format.h>

namespace kodiak::timeline {

namespace {

using catalog::CatalogObject;
using catalog::NameSpace;
using catalog::ObjectKind;
using catalog::ObjectPtr;
using catalog::PointDefinition;

std::string_view word_of(const CatalogObject& object) {
    return object.kind == ObjectKind::kSnapshot ? "snapshot" : "watermark";
}

Error no_such(std::string_view kind, const std::string& name) {
    return make_error(ErrorCode::kUndefinedObject, fmt::format("there is no {} \"{}\"", kind, name))
        .with_hint(fmt::format("SHOW {}S lists them.", kind == "snapshot" ? "SNAPSHOT" : "WATERMARK"));
}

Result<PointDefinition> point_at(const storage::Transaction& transaction, History& history, uint64_t commit) {
    if (commit > transaction.view().head()) {
        return make_error(ErrorCode::kUnknownPoint, fmt::format("there is no commit {}: the newest one is {}", commit,
                                                                transaction.view().head()));
    }
    PointDefinition point;
    point.commit = commit;
    KODIAK_TRY_ASSIGN(const TreeHead head, history.head_at(commit));
    point.head = head.root.view();
    if (commit > 0) {
        KODIAK_TRY_ASSIGN(const HistoryCommit record, history.commit(commit));
        point.commit_id = record.record.id.text();
    }
    return point;
}

Result<ObjectPtr> existing_watermark(const storage::Transaction& transaction, const std::string& name) {
    ObjectPtr found = find_watermark(*transaction.catalog(), name);
    if (found == nullptr) {
        return no_such("watermark", name);
    }
    return found;
}

}  // namespace

ObjectPtr find_snapshot(const catalog::CatalogState& state, const std::string& name) {
    return state.find(NameSpace::kSnapshots, kNoObject, name);
}

ObjectPtr find_watermark(const catalog::CatalogState& state, const std::string& name) {
    return state.find(NameSpace::kWatermarks, kNoObject, name);
}

const PointDefinition& point_of(const CatalogObject& object) { return std::get<PointDefinition>(object.definition); }

Status verify_point(const CatalogObject& object, History& history) {
    const PointDefinition& point = point_of(object);
    const auto mismatch = [&](std::string_view why) {
        return make_error(ErrorCode::kProofMismatch,
                          fmt::format("{} \"{}\" does not fit the history: {}", word_of(object), object.name, why))
            .with_hint("The database was rolled back or changed behind its history; kodiak check names the place.");
    };
    if (point.commit > history.size()) {
        return mismatch(fmt::format("it names commit {}, the newest one is {}", point.commit, history.size()));
    }
    KODIAK_TRY_ASSIGN(const TreeHead head, history.head_at(point.commit));
    if (head.root.view() != point.head) {
        return mismatch(fmt::format("the hash over the commits up to {} is another one", point.commit));
    }
    return {};
}

Status create_snapshot(storage::Transaction& transaction, History& history, const NewSnapshot& snapshot) {
    const ObjectPtr existing = find_snapshot(*transaction.catalog(), snapshot.name);
    if (existing != nullptr && !snapshot.or_replace) {
        return make_error(ErrorCode::kDuplicateObject, fmt::format("snapshot \"{}\" exists already", snapshot.name))
            .with_hint("Use another name, or CREATE OR REPLACE SNAPSHOT.");
    }
    if (snapshot.commit == 0 && transaction.has_changes()) {
        return make_error(ErrorCode::kActiveTransaction,
                          "a snapshot names a commit, and this transaction's changes are not committed yet")
            .with_hint("COMMIT first, or name the point: CREATE SNAPSHOT ... AS OF COMMIT ...");
    }
    const uint64_t commit = snapshot.commit == 0 ? transaction.view().head() : snapshot.commit;
    CatalogObject object;
    object.id = existing != nullptr ? existing->id : transaction.new_object_id();
    object.kind = ObjectKind::kSnapshot;
    object.name = snapshot.name;
    object.comment = snapshot.message;
    KODIAK_TRY_ASSIGN(object.definition, point_at(transaction, history, commit));
    return transaction.put_object(std::move(object));
}

Status drop_snapshot(storage::Transaction& transaction, const std::string& name, bool if_exists) {
    const ObjectPtr found = find_snapshot(*transaction.catalog(), name);
    if (found == nullptr) {
        return if_exists ? Status() : Status(no_such("snapshot", name));
    }
    return transaction.drop_object(found->id);
}

Status create_watermark(storage::Transaction& transaction, History& history, const NewWatermark& watermark) {
    if (find_watermark(*transaction.catalog(), watermark.name) != nullptr) {
        return make_error(ErrorCode::kDuplicateObject, fmt::format("watermark \"{}\" exists already", watermark.name));
    }
    CatalogObject object;
    object.id = transaction.new_object_id();
    object.kind = ObjectKind::kWatermark;
    object.name = watermark.name;
    KODIAK_TRY_ASSIGN(PointDefinition point, point_at(transaction, history, watermark.commit));
    point.tables = watermark.tables;
    object.definition = std::move(point);
    return transaction.put_object(std::move(object));
}

Status advance_watermark(storage::Transaction& transaction, History& history, const std::string& name,
                         uint64_t commit, bool force) {
    KODIAK_TRY_ASSIGN(const ObjectPtr found, existing_watermark(transaction, name));
    if (!force) {
        KODIAK_TRY(verify_point(*found, history));
    }
    const PointDefinition& old = point_of(*found);
    if (commit < old.commit && !force) {
        return make_error(ErrorCode::kWatermarkRegression,
                          fmt::format("watermark \"{}\" would move back from commit {} to commit {}", found->name,
                                      old.commit, commit))
            .with_hint("ADVANCE WATERMARK ... TO ... FORCE moves it back, and changes are read again.");
    }
    CatalogObject moved = *found;
    KODIAK_TRY_ASSIGN(PointDefinition point, point_at(transaction, history, commit));
    point.tables = old.tables;
    moved.definition = std::move(point);
    return moved == *found ? Status() : transaction.put_object(std::move(moved));
}

Status drop_watermark(storage::Transaction& transaction, const std::string& name) {
    KODIAK_TRY_ASSIGN(const ObjectPtr found, existing_watermark(transaction, name));
    return transaction.drop_object(found->id);
}

}  // namespace kodiak::timeline
