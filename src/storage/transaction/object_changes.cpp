// Definitions as rows: the part of StoreTransaction that writes the system table `objects`.

#include <array>

#include "base/result/assert.hpp"
#include "catalog/system_tables.hpp"
#include "storage/transaction/key_checks.hpp"
#include "storage/transaction/store_transaction.hpp"

namespace kodiak::storage {

Status StoreTransaction::erase_object_row(ObjectId id) {
    const ColumnView key{&id.value, nullptr, nullptr};
    KODIAK_TRY_ASSIGN(const auto found, find_by_key(catalog::kObjectsTable, 0, {1, {&key, 1}}));
    KODIAK_ASSERT(found[0].has_value());
    bool erased = false;
    return erase(catalog::kObjectsTable, {&*found[0], 1}, &erased);
}

Status StoreTransaction::write_object_row(const catalog::CatalogObject& object) {
    const auto kind = static_cast<uint8_t>(object.kind);
    const auto space = static_cast<uint8_t>(catalog::name_space_of(object.kind));
    const std::string folded = catalog::fold_name(object.name);
    const std::string definition = catalog::encode_definition(object);
    const StringRef folded_ref(folded);
    const StringRef name_ref(object.name);
    const StringRef definition_ref(definition);
    const std::array<ColumnView, 7> columns{{{&object.id.value}, {&kind}, {&space}, {&object.schema.value},
                                             {&folded_ref}, {&name_ref}, {&definition_ref}}};
    const BatchView row{1, columns};

    const ColumnView key{&object.id.value, nullptr, nullptr};
    KODIAK_TRY_ASSIGN(const auto found, find_by_key(catalog::kObjectsTable, 0, {1, {&key, 1}}));
    KODIAK_TRY_ASSIGN(const std::unique_ptr<WriteJob> job, write(catalog::kObjectsTable));
    const std::unique_ptr<RowWriter> writer = job->writer();
    if (found[0].has_value()) {
        bool erased = false;
        KODIAK_TRY(erase(catalog::kObjectsTable, {&*found[0], 1}, &erased));
        KODIAK_TRY(writer->append_versions(row, {&*found[0], 1}));
    } else {
        KODIAK_TRY(writer->append(row));
    }
    KODIAK_TRY(writer->finish());
    return job->finish();
}

Status StoreTransaction::put_object(catalog::CatalogObject object) {
    KODIAK_TRY(check_writable());
    // Rows of one statement are found by later statements only; a definition may change twice in one (CTAS).
    ++statement_;
    KODIAK_TRY(write_object_row(object));
    const ObjectId id = object.id;
    const bool is_table = object.kind == catalog::ObjectKind::kTable;
    const bool is_index = object.kind == catalog::ObjectKind::kIndex;
    const catalog::CatalogState::Ptr before = catalog_;
    const ObjectId indexed = is_index ? std::get<catalog::IndexDefinition>(object.definition).table : id;
    catalog_ = catalog_->with(std::move(object));
    ++statement_;
    if (is_table) {
        if (const auto writes = find_writes(id)) {
            KODIAK_TRY(writes->adopt(catalog_->find(id)));
        }
    }
    if (is_table || is_index) {
        return check_new_keys(*this, *before, indexed);
    }
    return {};
}

Status StoreTransaction::drop_object(ObjectId id) {
    KODIAK_TRY(check_writable());
    ++statement_;
    KODIAK_TRY(erase_object_row(id));
    catalog_ = catalog_->without(id);
    ++statement_;
    return {};
}

}  // namespace kodiak::storage
