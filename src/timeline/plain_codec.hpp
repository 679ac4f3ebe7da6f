#pragma once

// PlainCodec: a ColdCodec for tests that do not know the engine: every value behind the other.

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes/byte_io.hpp"
#include "base/bytes/string_ref.hpp"
#include "storage/cold_codec.hpp"
#include "storage/decode.hpp"

namespace kodiak::timeline {

class PlainCodec final : public storage::ColdCodec {
   public:
    Result<std::string> encode(const storage::ColdContent& content) override {
        std::string bytes;
        ByteWriter writer(bytes);
        const storage::StoredSchema& schema = content.chunks[0]->schema();
        for (size_t i = 0; i < schema.ids.size(); ++i) {
            std::string column;
            ByteWriter values(column);
            for (const auto& chunk : content.chunks) {
                for (uint32_t slot = 0; slot < chunk->count(); ++slot) {
                    write_value(chunk->column(i), slot, schema.types[i].physical(), values);
                }
            }
            writer.bytes("c" + std::to_string(schema.ids[i].value));
            writer.bytes(column);
        }
        for (const storage::SystemColumn& system : content.system) {
            std::string column;
            ByteWriter values(column);
            for (const uint64_t value : system.values) {
                values.u8(1);
                values.bytes({reinterpret_cast<const char*>(&value), sizeof value});
            }
            writer.bytes(system.name);
            writer.bytes(column);
        }
        return bytes;
    }

    Status decode(std::string_view file, std::span<const storage::ColdColumn> columns,
                  const std::function<Status(const storage::BatchView&)>& take) override {
        std::vector<std::vector<std::optional<std::string_view>>> values(columns.size());
        ByteReader reader(file);
        while (!reader.at_end()) {
            KODIAK_TRY_ASSIGN(const std::string_view name, reader.bytes());
            KODIAK_TRY_ASSIGN(const std::string_view column, reader.bytes());
            for (size_t i = 0; i < columns.size(); ++i) {
                if (columns[i].name == name) {
                    KODIAK_TRY_ASSIGN(values[i], read_values(column));
                }
            }
        }
        for (size_t row = 0; row < values[0].size(); row += kRowsPerChunk) {
            KODIAK_TRY(give(values, columns, row, std::min<size_t>(kRowsPerChunk, values[0].size() - row), take));
        }
        return {};
    }

   private:
    using Values = std::vector<std::optional<std::string_view>>;

    static void write_value(const storage::StoredColumn& column, uint32_t slot, catalog::Physical physical,
                            ByteWriter& values) {
        values.u8(column.is_valid(slot) ? 1 : 0);
        if (!column.is_valid(slot)) {
            return;
        }
        if (physical == catalog::Physical::kString) {
            StringRef text;
            storage::decode_strings(column, &slot, 1, &text);
            values.bytes(text.view());
            return;
        }
        char value[16] = {};
        storage::decode_fixed(column, physical, &slot, 1, value);
        values.bytes({value, catalog::physical_bytes(physical)});
    }

    static Result<Values> read_values(std::string_view column) {
        Values values;
        ByteReader reader(column);
        while (!reader.at_end()) {
            KODIAK_TRY_ASSIGN(const uint8_t valid, reader.u8());
            values.emplace_back();
            if (valid != 0) {
                KODIAK_TRY_ASSIGN(values.back(), reader.bytes());
            }
        }
        return values;
    }

    static Status give(const std::vector<Values>& values, std::span<const storage::ColdColumn> columns, size_t from,
                       size_t count, const std::function<Status(const storage::BatchView&)>& take) {
        std::vector<std::string> data(columns.size());
        std::vector<std::vector<uint64_t>> validity(columns.size(), std::vector<uint64_t>((count + 63) / 64));
        std::vector<storage::ColumnView> views;
        for (size_t i = 0; i < columns.size(); ++i) {
            const size_t width = catalog::physical_bytes(columns[i].type.physical());
            data[i].resize(count * width);
            for (size_t row = 0; row < count; ++row) {
                if (from + row >= values[i].size()) {
                    return make_error(ErrorCode::kCorruption, "values are missing");
                }
                const auto& value = values[i][from + row];
                validity[i][row / 64] |= uint64_t{value.has_value()} << (row % 64);
                if (!value.has_value()) {
                    continue;
                }
                if (columns[i].type.physical() == catalog::Physical::kString) {
                    const StringRef text(*value);
                    std::memcpy(data[i].data() + row * width, &text, sizeof text);
                } else if (value->size() == width) {
                    std::memcpy(data[i].data() + row * width, value->data(), width);
                } else {
                    return make_error(ErrorCode::kCorruption, "a value has another width");
                }
            }
            views.push_back({data[i].data(), validity[i].data(), nullptr});
        }
        return take({count, views});
    }
};

}  // namespace kodiak::timeline
