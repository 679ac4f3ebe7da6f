#include "engine/parquet_codec.hpp"

#include <cstring>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"

#include "engine/codec/memory_files.hpp"
#include "engine/errors/errors.hpp"
#include "engine/types/types.hpp"
#include "engine/vectors/batch_columns.hpp"
#include "storage/decode.hpp"

namespace kodiak::engine {
namespace {

using catalog::Physical;
using catalog::TypeKind;
using duckdb::LogicalType;

// The integer of a physical kind, or bytes.
LogicalType plain_type(Physical physical) {
    switch (physical) {
        case Physical::kBool: return LogicalType::BOOLEAN;
        case Physical::kInt8: return LogicalType::TINYINT;
        case Physical::kInt16: return LogicalType::SMALLINT;
        case Physical::kInt32: return LogicalType::INTEGER;
        case Physical::kInt64: return LogicalType::BIGINT;
        case Physical::kUint8: return LogicalType::UTINYINT;
        case Physical::kUint16: return LogicalType::USMALLINT;
        case Physical::kUint32: return LogicalType::UINTEGER;
        case Physical::kUint64: return LogicalType::UBIGINT;
        case Physical::kFloat: return LogicalType::FLOAT;
        case Physical::kDouble: return LogicalType::DOUBLE;
        default: return LogicalType::BLOB;
    }
}

// How a column is kept (docs/formats/cold_file.md).
LogicalType kept_type(const catalog::Type& type) {
    switch (type.kind) {
        case TypeKind::kDate: return LogicalType::DATE;
        case TypeKind::kTimestamp: return LogicalType::TIMESTAMP;
        case TypeKind::kTimestampTz: return LogicalType::TIMESTAMP_TZ;
        case TypeKind::kVarchar: return LogicalType::VARCHAR;
        case TypeKind::kDecimal: return LogicalType::DECIMAL(type.decimal_width, type.decimal_scale);
        default: return plain_type(type.physical());
    }
}

// Kinds of 128 bits pass as 16 bytes, but for decimals.
bool is_wide_as_bytes(const catalog::Type& type) {
    return catalog::physical_bytes(type.physical()) == 16 && type.physical() != Physical::kString &&
           type.kind != TypeKind::kDecimal;
}

// --- writing: a table function over chunks

struct ColdSource : public duckdb::TableFunctionInfo {
    const storage::ColdContent* content = nullptr;  // of the statement that runs
};

struct SourceScan : public duckdb::GlobalTableFunctionState {
    size_t next = 0;
    uint64_t first_row = 0;
};

struct SourceBinding : public duckdb::TableFunctionData {
    const storage::ColdContent* content = nullptr;
};

duckdb::unique_ptr<duckdb::FunctionData> bind_source(duckdb::ClientContext&, duckdb::TableFunctionBindInput& input,
                                                     duckdb::vector<LogicalType>& types,
                                                     duckdb::vector<duckdb::string>& names) {
    auto binding = duckdb::make_uniq<SourceBinding>();
    binding->content = input.info->Cast<ColdSource>().content;
    const storage::StoredSchema& schema = binding->content->chunks[0]->schema();
    for (size_t i = 0; i < schema.ids.size(); ++i) {
        names.push_back("c" + std::to_string(schema.ids[i].value));
        types.push_back(kept_type(schema.types[i]));
    }
    for (const storage::SystemColumn& column : binding->content->system) {
        names.push_back(column.name);
        types.push_back(LogicalType::UBIGINT);
    }
    return binding;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start_source(duckdb::ClientContext&,
                                                                  duckdb::TableFunctionInitInput&) {
    return duckdb::make_uniq<SourceScan>();
}

void put_column(const storage::StoredColumn& stored, const catalog::Type& type, uint32_t count,
                duckdb::Vector& target) {
    auto* const data = duckdb::FlatVector::GetData(target);
    if (is_wide_as_bytes(type)) {
        std::vector<char> values(size_t{count} * 16);
        storage::decode_fixed(stored, type.physical(), nullptr, count, values.data());
        auto* const texts = reinterpret_cast<duckdb::string_t*>(data);
        for (uint32_t i = 0; i < count; ++i) {
            texts[i] = duckdb::StringVector::AddStringOrBlob(target, values.data() + size_t{i} * 16, 16);
        }
    } else if (type.physical() == Physical::kString) {
        storage::decode_strings(stored, nullptr, count, reinterpret_cast<StringRef*>(data));
    } else {
        storage::decode_fixed(stored, type.physical(), nullptr, count, data);
    }
    auto& validity = duckdb::FlatVector::Validity(target);
    storage::for_each_null(stored, nullptr, count, [&](size_t i) {
        validity.SetInvalid(i);
        if (target.GetType().InternalType() == duckdb::PhysicalType::VARCHAR) {
            reinterpret_cast<duckdb::string_t*>(data)[i] = duckdb::string_t();
        }
    });
}

void next_source(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
    const storage::ColdContent& content = *input.bind_data->Cast<SourceBinding>().content;
    auto& scan = input.global_state->Cast<SourceScan>();
    if (scan.next == content.chunks.size()) {
        out.SetCardinality(0);
        return;
    }
    const storage::Chunk& chunk = *content.chunks[scan.next++];
    const uint32_t count = chunk.count();
    const storage::StoredSchema& schema = chunk.schema();
    for (size_t i = 0; i < schema.ids.size(); ++i) {
        put_column(chunk.column(i), schema.types[i], count, out.data[i]);
    }
    for (size_t i = 0; i < content.system.size(); ++i) {
        std::memcpy(duckdb::FlatVector::GetData(out.data[schema.ids.size() + i]),
                    content.system[i].values.data() + scan.first_row, count * sizeof(uint64_t));
    }
    scan.first_row += count;
    out.SetCardinality(count);
}

// --- reading

// 16-byte blobs back to plain values.
class WideColumn {
   public:
    Result<storage::ColumnView> view(const storage::ColumnView& texts, size_t count) {
        values_.assign(count * 16, 0);
        for (size_t i = 0; i < count; ++i) {
            if (!texts.is_valid(i)) {
                continue;
            }
            const auto& text = static_cast<const StringRef*>(texts.data)[texts.position(i)];
            if (text.length != 16) {
                return make_error(ErrorCode::kCorruption, "a value of 16 bytes has another length");
            }
            std::memcpy(values_.data() + i * 16, text.view().data(), 16);
        }
        valid_.assign((count + 63) / 64, 0);
        for (size_t i = 0; i < count; ++i) {
            valid_[i / 64] |= uint64_t{texts.is_valid(i)} << (i % 64);
        }
        return storage::ColumnView{values_.data(), valid_.data(), nullptr};
    }

   private:
    std::vector<char> values_;
    std::vector<uint64_t> valid_;
};

class ParquetCodec final : public storage::ColdCodec {
   public:
    Result<std::string> encode(const storage::ColdContent& content) override {
        try {
            const std::lock_guard guard(encode_mutex_);
            duckdb::Connection connection(database());
            source_->content = &content;
            const std::string name = files_->name_to_write();
            const std::string compression = content.compression == "none" ? "uncompressed" : content.compression;
            const auto result = connection.Query(
                "COPY (SELECT * FROM kodiak_cold_source()) TO '" + name + "' (FORMAT parquet, COMPRESSION '" +
                compression + "', PARQUET_VERSION v2, ROW_GROUP_SIZE 122880, USE_TMP_FILE false)");
            std::string bytes = files_->take(name);
            if (result->HasError()) {
                return from_duckdb(result->GetErrorObject());
            }
            return bytes;
        } catch (const std::exception& exception) {
            return from_exception(exception);
        }
    }

    Status decode(std::string_view file, std::span<const storage::ColdColumn> columns,
                  const std::function<Status(const storage::BatchView&)>& take) override {
        const std::string name = files_->lend(file);
        const Status done = read(name, columns, take);
        files_->forget(name);
        return done;
    }

   private:
    Status read(const std::string& name, std::span<const storage::ColdColumn> columns,
                const std::function<Status(const storage::BatchView&)>& take) {
        try {
            std::string names;
            std::vector<size_t> order;
            for (const storage::ColdColumn& column : columns) {
                names += (names.empty() ? "" : ", ") + column.name;
                order.push_back(order.size());
            }
            duckdb::Connection connection(database());
            auto result = connection.SendQuery("SELECT " + names + " FROM read_parquet('" + name + "')");
            if (result->HasError()) {
                return damaged(result->GetErrorObject());
            }
            for (size_t i = 0; i < columns.size(); ++i) {
                if (result->types[i] != kept_type(columns[i].type)) {
                    return make_error(ErrorCode::kCorruption, "column " + columns[i].name + " has another type");
                }
            }
            BatchColumns batches;
            std::vector<WideColumn> wide(columns.size());
            while (auto chunk = result->Fetch()) {
                if (chunk->size() == 0) {
                    break;
                }
                const storage::BatchView batch = batches.view(*chunk, order);
                std::vector<storage::ColumnView> views(batch.columns.begin(), batch.columns.end());
                for (size_t i = 0; i < columns.size(); ++i) {
                    if (is_wide_as_bytes(columns[i].type)) {
                        KODIAK_TRY_ASSIGN(views[i], wide[i].view(views[i], batch.rows));
                    }
                }
                KODIAK_TRY(take({batch.rows, views}));
            }
            return result->HasError() ? Status(damaged(result->GetErrorObject())) : Status();
        } catch (const std::exception& exception) {
            return damaged(duckdb::ErrorData(exception));
        }
    }

    static Error damaged(const duckdb::ErrorData& error) {
        Error own = from_duckdb(error);
        if (own.code != ErrorCode::kOutOfMemory) {
            own.code = ErrorCode::kCorruption;
        }
        return own;
    }

    void register_source() {
        duckdb::TableFunction function("kodiak_cold_source", {}, next_source, bind_source, start_source);
        function.function_info = source_;
        duckdb::CreateTableFunctionInfo info(function);
        info.internal = true;
        duckdb::Connection connection(*database_);
        connection.context->RunFunctionInTransaction([&] {
            auto& system = duckdb::Catalog::GetSystemCatalog(*connection.context);
            system.CreateTableFunction(duckdb::CatalogTransaction::GetSystemTransaction(*connection.context->db), info);
        });
    }

    duckdb::DuckDB& database() {
        const std::lock_guard guard(mutex_);
        if (database_ == nullptr) {
            duckdb::DBConfig config;
            config.SetOptionByName("threads", duckdb::Value::UBIGINT(1));
            config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
            database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
            database_->instance->GetFileSystem().RegisterSubSystem(make_memory_files(files_));
            register_source();
        }
        return *database_;
    }

    const std::shared_ptr<MemoryFileTable> files_ = std::make_shared<MemoryFileTable>();
    const duckdb::shared_ptr<ColdSource> source_ = duckdb::make_shared_ptr<ColdSource>();
    std::mutex encode_mutex_;  // guards what source_ shows: one file is written at a time
    std::mutex mutex_;
    std::unique_ptr<duckdb::DuckDB> database_;  // guarded by mutex_
};

}  // namespace

std::shared_ptr<storage::ColdCodec> make_parquet_codec() { return std::make_shared<ParquetCodec>(); }

}  // namespace kodiak::engine
