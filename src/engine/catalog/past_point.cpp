#include "engine/catalog/past_point.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "duckdb/common/string_util.hpp"
#include "duckdb/common/types/timestamp.hpp"

#include "base/ids/ulid.hpp"
#include "engine/errors/errors.hpp"
#include "timeline/named_points.hpp"

namespace kodiak::engine {

namespace {

using duckdb::LogicalTypeId;
using duckdb::Value;

constexpr size_t kPrefixMin = 6;

// Resolves the points of one clause, each to the newest commit that it includes.
class PointResolver {
   public:
    PointResolver(timeline::History& history, const storage::Transaction& transaction)
        : history_(history), head_(transaction.view().head()), names_(transaction.catalog()) {}

    // The newest commit at a time; 0 when all are younger.
    uint64_t at_time(int64_t micros) const {
        return std::min(head_, value_or_throw(history_.newest_at(Timestamp{micros})));
    }

    uint64_t at_item(std::string_view kind, std::string_view value) const {
        if (kind == "time") {
            return at_time(parse_time(std::string(value)));
        }
        if (kind == "epoch") {
            return at_time(parse_epoch(value));
        }
        if (kind == "commit") {
            return at_commit(value);
        }
        if (kind == "name") {
            const auto time = try_parse_time(std::string(value));
            return time ? at_time(*time) : at_name(value);
        }
        if (kind == "snapshot" || kind == "tag") {
            return at_snapshot(std::string(value));
        }
        throw_error(make_error(ErrorCode::kUnsupported, fmt::format("points by {} are not supported yet", kind))
                        .with_hint("Name a timestamp or a commit."));
    }

    // Seq of the first commit at `micros` or later.
    uint64_t since_time(int64_t micros) const {
        return micros == INT64_MIN ? 1 : value_or_throw(history_.newest_at(Timestamp{micros - 1})) + 1;
    }

    uint64_t since_item(std::string_view kind, std::string_view value) const {
        if (kind == "time") {
            return since_time(parse_time(std::string(value)));
        }
        if (kind == "epoch") {
            return since_time(parse_epoch(value));
        }
        if (kind == "name") {
            if (const auto time = try_parse_time(std::string(value))) {
                return since_time(*time);
            }
        }
        return at_item(kind, value);
    }

   private:
    static std::optional<int64_t> try_parse_time(const std::string& text) {
        Value value(text);
        if (!value.DefaultTryCastAs(duckdb::LogicalType::TIMESTAMP_TZ)) {
            return std::nullopt;
        }
        return value.GetValueUnsafe<duckdb::timestamp_t>().value;
    }
    static int64_t parse_time(const std::string& text) {
        if (const auto micros = try_parse_time(text)) {
            return *micros;
        }
        throw_error(make_error(ErrorCode::kInvalidDatetimeFormat,
                               fmt::format("cannot read \"{}\" as a point in time", text))
                        .with_hint("Write it as '2026-01-31 12:00:00' (UTC), or with a time zone's offset."));
    }
    static int64_t parse_epoch(std::string_view text) {
        Value value{std::string(text)};
        if (!value.DefaultTryCastAs(duckdb::LogicalType::DECIMAL(18, 6))) {
            throw_error(make_error(ErrorCode::kDatetimeOutOfRange,
                                   fmt::format("cannot read {} as seconds since 1970", text)));
        }
        return value.GetValueUnsafe<int64_t>();
    }

    [[noreturn]] static void refuse_commit(std::string_view text, const char* why) {
        throw_error(make_error(ErrorCode::kUnknownPoint, fmt::format("there is no commit \"{}\"{}", text, why))
                        .with_hint("SELECT seq, id, time FROM kodiak_commits() shows all of them."));
    }

    uint64_t at_snapshot(const std::string& name) const {
        const auto snapshot = timeline::find_snapshot(*names_, name);
        if (snapshot == nullptr) {
            throw_error(make_error(ErrorCode::kUnknownPoint, fmt::format("there is no snapshot \"{}\"", name))
                            .with_hint("SHOW SNAPSHOTS lists them."));
        }
        throw_if_error(timeline::verify_point(*snapshot, history_));
        return timeline::point_of(*snapshot).commit;
    }

    // A snapshot, else a commit's id or its beginning.
    uint64_t at_name(std::string_view text) const {
        const std::string name(text);
        if (timeline::find_snapshot(*names_, name) == nullptr) {
            return at_commit(text);
        }
        const uint64_t snapshot = at_snapshot(name);
        if (may_be_id(text) && by_prefix(text, false)) {
            throw_error(make_error(ErrorCode::kAmbiguousPoint,
                                   fmt::format("\"{}\" is the name of a snapshot and the beginning of a commit's id",
                                               name))
                            .with_hint("Write SNAPSHOT or COMMIT in front of it."));
        }
        return snapshot;
    }

    // True for what an id can begin with.
    static bool may_be_id(std::string_view text) {
        constexpr std::string_view kLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz";
        return text.size() >= kPrefixMin && text[0] >= '0' && text[0] <= '7' &&
               text.find_first_not_of(kLetters) == std::string_view::npos;
    }

    uint64_t at_commit(std::string_view text) const {
        uint64_t seq = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), seq);
        if (read.ec == std::errc() && read.ptr == text.data() + text.size()) {
            if (seq > head_) {
                refuse_commit(text, fmt::format(": the newest one is {}", head_).c_str());
            }
            return seq;
        }
        if (duckdb::StringUtil::CIEquals(std::string(text.substr(0, 4)), "head")) {
            return from_head(text);
        }
        if (const auto id = Ulid::parse(text); id.ok()) {
            const auto found = value_or_throw(history_.find(*id));
            if (!found || *found > head_) {
                refuse_commit(text, "");
            }
            return *found;
        }
        return *by_prefix(text, true);
    }

    uint64_t from_head(std::string_view text) const {
        uint64_t back = 0;
        if (text.size() > 4) {
            const auto read = std::from_chars(text.data() + 5, text.data() + text.size(), back);
            if (text[4] != '~' || text.size() == 5 || read.ec != std::errc() ||
                read.ptr != text.data() + text.size()) {
                refuse_commit(text, "");
            }
        }
        if (back > head_) {
            refuse_commit(text, fmt::format(": there are {}", head_).c_str());
        }
        return head_ - back;
    }

    // `must_exist`: throws when there is none.
    std::optional<uint64_t> by_prefix(std::string_view text, bool must_exist) const {
        const std::string prefix = duckdb::StringUtil::Upper(std::string(text));
        if (prefix.size() < kPrefixMin) {
            refuse_commit(text, ", and fewer than 6 letters of an id are too few");
        }
        std::optional<uint64_t> found;
        throw_if_error(history_.scan(1, head_, [&](const timeline::HistoryCommit& commit) -> Status {
            if (!commit.record.id.text().starts_with(prefix)) {
                return {};
            }
            if (found) {
                return make_error(ErrorCode::kAmbiguousPoint, fmt::format("several commits begin with \"{}\"", prefix));
            }
            found = commit.seq.value;
            return {};
        }));
        if (!found && must_exist) {
            refuse_commit(text, "");
        }
        return found;
    }

    timeline::History& history_;
    const uint64_t head_;
    const catalog::CatalogState::Ptr names_;
};

struct Item {
    bool is_since = false;
    std::string_view kind;
    std::string_view value;
};

std::vector<Item> items_of(std::string_view text) {
    std::vector<Item> items;
    while (!text.empty()) {
        // Values hold no ';' but in names and time texts, where none is valid.
        const std::string_view one = text.substr(0, text.find(';'));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        Item item;
        item.is_since = one.starts_with("since ");
        const std::string_view point = item.is_since ? one.substr(6) : one;
        const size_t colon = point.find(':');
        item.kind = colon == std::string_view::npos ? "name" : point.substr(0, colon);
        item.value = colon == std::string_view::npos ? point : point.substr(colon + 1);
        items.push_back(item);
    }
    return items;
}

storage::PastPoint resolve_text(const std::string& text, const PointResolver& points, uint64_t head) {
    storage::PastPoint result{head, 0};
    for (const Item& item : items_of(text)) {
        if (item.is_since) {
            result.since = points.since_item(item.kind, item.value);
        } else {
            result.upto = points.at_item(item.kind, item.value);
        }
    }
    return result;
}

}  // namespace

storage::PastPoint resolve_past(const duckdb::BoundAtClause& clause, timeline::DatabaseCore& core,
                                const storage::Transaction& transaction) {
    const uint64_t head = transaction.view().head();
    const PointResolver points(core.history(), transaction);
    Value value = clause.GetValue();
    if (value.IsNull()) {
        throw_error(make_error(ErrorCode::kUnknownPoint, "a point in history cannot be NULL"));
    }
    if (duckdb::StringUtil::CIEquals(clause.Unit(), "timestamp")) {
        if (!value.DefaultTryCastAs(duckdb::LogicalType::TIMESTAMP_TZ)) {
            throw_error(make_error(ErrorCode::kDatatypeMismatch,
                                   fmt::format("a value of type {} is no point in time", value.type().ToString())));
        }
        return {points.at_time(value.GetValueUnsafe<duckdb::timestamp_t>().value), 0};
    }
    if (value.type().id() == LogicalTypeId::VARCHAR) {
        return resolve_text(duckdb::StringValue::Get(value), points, head);
    }
    if (!value.type().IsIntegral()) {
        throw_error(make_error(ErrorCode::kDatatypeMismatch,
                               fmt::format("a value of type {} is no version", value.type().ToString())));
    }
    return resolve_text("commit:" + value.ToString(), points, head);
}

namespace {

bool is_time(const Value& value) {
    return value.type().id() == LogicalTypeId::TIMESTAMP || value.type().id() == LogicalTypeId::TIMESTAMP_TZ ||
           value.type().id() == LogicalTypeId::DATE;
}

}  // namespace

uint64_t resolve_value(const Value& value, timeline::DatabaseCore& core, const storage::Transaction& transaction) {
    return resolve_past(duckdb::BoundAtClause(is_time(value) ? "timestamp" : "version", value), core, transaction).upto;
}

uint64_t resolve_first(const Value& value, timeline::DatabaseCore& core, const storage::Transaction& transaction) {
    if (is_time(value)) {
        const Value time = value.DefaultCastAs(duckdb::LogicalType::TIMESTAMP_TZ);
        return PointResolver(core.history(), transaction).since_time(time.GetValueUnsafe<duckdb::timestamp_t>().value);
    }
    if (value.type().id() != LogicalTypeId::VARCHAR) {
        return resolve_value(value, core, transaction);
    }
    const Value since("since " + duckdb::StringValue::Get(value));
    return resolve_past(duckdb::BoundAtClause("version", since), core, transaction).since;
}

}  // namespace kodiak::engine
