#pragma once

// SampleRows: random rows of every kind of column, for the tests of storage. Not part of the product.
//
// The same seed gives the same rows. Columns come in three characters (all equal, few values, spread over the whole
// kind) and with no, some or only NULLs, so that every encoding is met.

#include <cstring>
#include <deque>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/column_view.hpp"
#include "storage/rows/open_chunk.hpp"

namespace kodiak::storage {

inline catalog::Type simple_type(catalog::TypeKind kind) {
    catalog::Type type;
    type.kind = kind;
    return type;
}

inline catalog::Type decimal_type(uint8_t width, uint8_t scale) {
    catalog::Type type = simple_type(catalog::TypeKind::kDecimal);
    type.decimal_width = width;
    type.decimal_scale = scale;
    return type;
}

inline catalog::Type enum_type(size_t labels) {
    catalog::Type type = simple_type(catalog::TypeKind::kEnum);
    for (size_t i = 0; i < labels; ++i) {
        type.labels.push_back(i % 3 == 0 ? "a longer label " + std::to_string(i) : "l" + std::to_string(i));
    }
    return type;
}

inline catalog::Type integer_list() {
    catalog::Type type = simple_type(catalog::TypeKind::kList);
    type.children.push_back({"", simple_type(catalog::TypeKind::kInteger)});
    return type;
}

// Every scalar kind, decimals of all widths, two ENUMs, a list and a variant; `copies` of each.
inline std::shared_ptr<const StoredSchema> all_kinds(size_t copies = 1) {
    using catalog::TypeKind;
    auto schema = std::make_shared<StoredSchema>();
    schema->version = SchemaVersion(3);
    for (size_t copy = 0; copy < copies; ++copy) {
        for (int kind = 1; kind <= static_cast<int>(TypeKind::kSqlNull); ++kind) {
            const auto type = static_cast<TypeKind>(kind);
            const bool needs_parameters = type == TypeKind::kDecimal || type == TypeKind::kEnum ||
                                          (type >= TypeKind::kList && type <= TypeKind::kUnion);
            if (!needs_parameters) {
                schema->types.push_back(simple_type(type));
            }
        }
        for (const uint8_t width : {uint8_t{4}, uint8_t{9}, uint8_t{18}, uint8_t{38}}) {
            schema->types.push_back(decimal_type(width, 2));
        }
        schema->types.push_back(enum_type(5));
        schema->types.push_back(enum_type(300));
        schema->types.push_back(integer_list());
    }
    for (size_t i = 0; i < schema->types.size(); ++i) {
        schema->ids.emplace_back(static_cast<uint32_t>(2 * i + 1));
    }
    return schema;
}

class SampleRows {
   public:
    SampleRows(const StoredSchema& schema, size_t rows, uint64_t seed) : rows_(rows), random_(seed) {
        columns_.resize(schema.types.size());
        for (size_t c = 0; c < columns_.size(); ++c) {
            fill(schema.types[c], columns_[c]);
            views_.push_back({columns_[c].values.data(), columns_[c].validity.data(), nullptr});
        }
    }
    SampleRows(const SampleRows&) = delete;
    SampleRows& operator=(const SampleRows&) = delete;
    BatchView batch() const { return {rows_, views_}; }

   private:
    struct Column {
        std::vector<uint8_t> values;
        std::vector<uint64_t> validity;
        std::deque<std::string> texts;
    };

    std::string text(const catalog::Type& type, int character) {
        const uint64_t number = character == 0 ? 7 : character == 1 ? random_() % 20 : random_();
        if (type.kind == catalog::TypeKind::kList) {
            std::string bytes(1, static_cast<char>(number % 4));
            for (uint64_t i = 0; i < number % 4; ++i) {
                bytes += i % 2 == 0 ? std::string("\x01\x05\x00\x00\x80", 5) : std::string(1, '\0');
            }
            return bytes;
        }
        std::string value = "v" + std::to_string(number);
        if (number % 3 == 0) {
            value += " with a tail that is long";
        }
        return number % 11 == 0 ? std::string() : value;
    }

    uint64_t number(const catalog::Type& type, int character) {
        if (type.kind == catalog::TypeKind::kBoolean) {
            return character == 0 ? 1 : random_() % 2;
        }
        if (type.kind == catalog::TypeKind::kEnum) {
            return character == 0 ? 3 : random_() % type.labels.size();
        }
        const uint64_t bits = random_();
        switch (character) {
            case 0: return 42;
            case 1: return 50 - bits % (bits % 2 == 0 ? 100 : 40'000);  // wraps below zero
            default: return bits % 50 == 0 ? (bits % 4 < 2 ? UINT64_MAX / 2 : UINT64_MAX / 2 + 1) : bits;
        }
    }

    void fill(const catalog::Type& type, Column& column) {
        const catalog::Physical physical = type.physical();
        const size_t width = catalog::physical_bytes(physical);
        const int character = static_cast<int>(random_() % 3);
        const uint64_t nulls = type.kind == catalog::TypeKind::kSqlNull ? 3 : random_() % 4;
        column.values.resize(rows_ * width + 64);
        column.validity.assign(rows_ / 64 + 1, 0);
        for (size_t i = 0; i < rows_; ++i) {
            const bool present = nulls < 2 || (nulls == 2 && random_() % 5 != 0);
            column.validity[i / 64] |= uint64_t{present} << (i % 64);
            uint8_t* const out = column.values.data() + i * width;
            if (physical == catalog::Physical::kString) {
                column.texts.push_back(text(type, character));
                const StringRef ref{std::string_view(column.texts.back())};
                std::memcpy(out, &ref, sizeof ref);
                continue;
            }
            const uint64_t parts[2] = {number(type, character), character == 2 ? random_() : 0};
            std::memcpy(out, parts, width);
        }
    }

    size_t rows_;
    std::mt19937_64 random_;
    std::vector<Column> columns_;
    std::vector<ColumnView> views_;
};

// `rows` sample rows in chunks of 2,048, numbered from 1 and made by commit 9, published.
inline std::vector<std::shared_ptr<OpenChunk>> sample_chunks(std::shared_ptr<const StoredSchema> schema, size_t rows,
                                                             uint64_t seed) {
    const SampleRows sample(*schema, rows, seed);
    std::vector<std::shared_ptr<OpenChunk>> chunks;
    for (size_t done = 0; done < rows;) {
        chunks.push_back(OpenChunk::make(schema, OriginId(5), 2048));
        const uint32_t taken = chunks.back()->append(sample.batch(), done, rows - done);
        for (uint32_t slot = 0; slot < taken; ++slot) {
            chunks.back()->set_row(slot, done + slot + 1, 9);
        }
        chunks.back()->publish(taken, 9, 9);
        done += taken;
    }
    return chunks;
}

}  // namespace kodiak::storage
