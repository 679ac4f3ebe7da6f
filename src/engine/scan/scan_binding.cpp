#include "engine/scan/scan_binding.hpp"

#include "duckdb/catalog/catalog.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/transaction/session_transaction.hpp"

namespace kodiak::engine {

duckdb::unique_ptr<duckdb::FunctionData> ScanBinding::Copy() const {
    auto copy = duckdb::make_uniq<ScanBinding>(entry);
    copy->order = order;
    return copy;
}

bool ScanBinding::Equals(const duckdb::FunctionData& other_data) const {
    const auto& other = other_data.Cast<ScanBinding>();
    return &entry == &other.entry;
}

storage::TableSnapshotPtr current_snapshot(duckdb::ClientContext& context, KodiakTableEntry& entry) {
    storage::Transaction& transaction = transaction_of(context, entry.ParentCatalog());
    return value_or_throw(entry.past() ? transaction.past_snapshot(entry.definition(), *entry.past())
                                       : transaction.snapshot(entry.definition()->id));
}

void serialize_scan(duckdb::Serializer& serializer, const duckdb::optional_ptr<duckdb::FunctionData> binding,
                    const duckdb::TableFunction&) {
    const auto& scan = binding->Cast<ScanBinding>();
    serializer.WriteProperty(100, "catalog", scan.entry.ParentCatalog().GetName());
    serializer.WriteProperty(101, "schema", scan.entry.ParentSchema().name);
    serializer.WriteProperty(102, "table", scan.entry.name);
    serializer.WriteProperty(103, "object", scan.entry.definition()->id.value);
    serializer.WriteProperty(104, "schema_version", scan.entry.table().schema_version.value);
    const auto& past = scan.entry.past();
    serializer.WriteProperty(105, "view",
                             past ? std::to_string(past->upto) + "," + std::to_string(past->since) : std::string());
}

duckdb::unique_ptr<duckdb::FunctionData> deserialize_scan(duckdb::Deserializer& deserializer,
                                                          duckdb::TableFunction&) {
    const auto catalog = deserializer.ReadProperty<std::string>(100, "catalog");
    const auto schema = deserializer.ReadProperty<std::string>(101, "schema");
    const auto table = deserializer.ReadProperty<std::string>(102, "table");
    const auto object = deserializer.ReadProperty<uint64_t>(103, "object");
    const auto version = deserializer.ReadProperty<uint32_t>(104, "schema_version");
    if (!deserializer.ReadProperty<std::string>(105, "view").empty()) {
        throw duckdb::SerializationException("a plan that reads the past of \"%s\" cannot be copied", table);
    }
    auto& context = deserializer.Get<duckdb::ClientContext&>();
    auto& found = duckdb::Catalog::GetEntry<duckdb::TableCatalogEntry>(context, catalog, schema, table);
    auto* entry = dynamic_cast<KodiakTableEntry*>(&found);
    if (entry == nullptr || entry->definition()->id.value != object ||
        entry->table().schema_version.value != version) {
        throw duckdb::SerializationException("table \"%s\" has changed since the plan was made", table);
    }
    return duckdb::make_uniq<ScanBinding>(*entry);
}

void set_scan_order(duckdb::unique_ptr<duckdb::RowGroupOrderOptions> options,
                    duckdb::optional_ptr<duckdb::FunctionData> binding) {
    auto& scan = binding->Cast<ScanBinding>();
    ScanOrder order;
    order.column = scan.entry.column_id(duckdb::PhysicalIndex(options->column_idx.GetPrimaryIndex()));
    order.descending = options->order_type == duckdb::OrderType::DESCENDING;
    order.by_max = options->order_by == duckdb::OrderByStatistics::MAX;
    order.nulls_first = options->null_order == duckdb::OrderByNullType::NULLS_FIRST;
    scan.order = order;
}

}  // namespace kodiak::engine
