#include "engine/scan/output_packer.hpp"

#include <cstring>

#include "engine/scan/column_decode.hpp"
#include "storage/decode.hpp"

namespace kodiak::engine {

DictionaryVectors::Buffer DictionaryVectors::of(size_t column, const duckdb::LogicalType& type,
                                                const storage::Dictionary& dictionary) {
    const std::lock_guard guard(mutex_);
    Buffer& buffer = buffers_[{column, &dictionary}];
    if (!buffer) {
        const size_t size = dictionary.values.size();
        buffer = duckdb::DictionaryVector::CreateReusableDictionary(type, size + 1);
        auto* data = duckdb::FlatVector::GetData(buffer->data);
        if (size > 0) {
            std::memcpy(data, dictionary.values.data(), size * sizeof(StringRef));
        }
        new (data + size * sizeof(StringRef)) StringRef();
        duckdb::FlatVector::Validity(buffer->data).Resize(size + 1);
        duckdb::FlatVector::SetNull(buffer->data, size, true);
    }
    return buffer;
}

OutputPacker::OutputPacker(const std::vector<ScannedColumn>& columns, const std::vector<size_t>& outputs,
                           DictionaryVectors& dictionaries)
    : dictionaries_(dictionaries) {
    outputs_.resize(outputs.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
        outputs_[i].position = outputs[i];
        outputs_[i].column = &columns[outputs[i]];
    }
}

void OutputPacker::begin(duckdb::DataChunk& output) {
    target_ = &output;
    rows_ = 0;
    for (Output& column : outputs_) {
        column.dictionary = nullptr;
    }
}

void OutputPacker::append(const ChunkRows& rows) {
    for (size_t i = 0; i < outputs_.size(); ++i) {
        Output& output = outputs_[i];
        const ScannedColumn& column = *output.column;
        duckdb::Vector& target = target_->data[i];
        if (column.kind == ScannedColumn::Kind::kAny) {
            continue;
        }
        if (column.kind == ScannedColumn::Kind::kRowId) {
            append_row_ids(rows, target);
            continue;
        }
        if (column.physical == catalog::Physical::kString && !column.nested) {
            append_text(rows, output, target);
            continue;
        }
        const storage::StoredColumn& stored = column.in(*rows.chunk);
        const bool fills = rows_ == 0 && rows.slots == nullptr && rows.count == kRowsPerChunk;
        if (!fills || !share_column(column, stored, rows.count, target)) {
            decode_column(column, stored, rows.slots, rows.count, target, rows_);
        }
    }
    rows_ += rows.count;
}

void OutputPacker::append_row_ids(const ChunkRows& rows, duckdb::Vector& target) const {
    auto* ids = duckdb::FlatVector::GetData<int64_t>(target) + rows_;
    for (size_t i = 0; i < rows.count; ++i) {
        ids[i] = rows.first_locator + static_cast<int64_t>(rows.slots != nullptr ? rows.slots[i] : i);
    }
}

void OutputPacker::append_text(const ChunkRows& rows, Output& output, duckdb::Vector& target) {
    const storage::StoredColumn& stored = output.column->in(*rows.chunk);
    const bool coded = stored.encoding == storage::Encoding::kDictionary;
    if (rows_ == 0) {
        if (coded) {
            output.dictionary = stored.dictionary.get();
        } else if (rows.slots == nullptr && rows.count == kRowsPerChunk &&
                   share_column(*output.column, stored, rows.count, target)) {
            return;
        }
    }
    if (coded && output.dictionary == stored.dictionary.get()) {
        append_codes(rows, stored, output);
        return;
    }
    if (output.dictionary != nullptr) {
        flatten(output, target);
    }
    decode_column(*output.column, stored, rows.slots, rows.count, target, rows_);
}

void OutputPacker::append_codes(const ChunkRows& rows, const storage::StoredColumn& stored, Output& output) const {
    // A vector that went out may still hold the buffer (docs/decisions/0002, trap 14): two holders are this and
    // the copy that
    // sel_data() returns.
    if (rows_ == 0 && (output.codes.data() == nullptr || output.codes.sel_data().use_count() > 2)) {
        output.codes.Initialize(kRowsPerChunk);
    }
    uint32_t* codes = output.codes.data() + rows_;
    storage::decode_codes(stored, rows.slots, rows.count, codes);
    const auto null = static_cast<uint32_t>(output.dictionary->values.size());
    storage::for_each_null(stored, rows.slots, rows.count, [&](size_t i) { codes[i] = null; });
}

void OutputPacker::flatten(Output& output, duckdb::Vector& target) const {
    auto* strings = reinterpret_cast<StringRef*>(duckdb::FlatVector::GetData(target));
    const auto& values = output.dictionary->values;
    for (size_t i = 0; i < rows_; ++i) {
        const uint32_t code = output.codes.data()[i];
        if (code == values.size()) {
            strings[i] = StringRef();
            duckdb::FlatVector::SetNull(target, i, true);
        } else {
            strings[i] = values[code];
        }
    }
    output.dictionary = nullptr;
}

void OutputPacker::finish() {
    for (size_t i = 0; i < outputs_.size(); ++i) {
        Output& output = outputs_[i];
        if (output.dictionary == nullptr || rows_ == 0) {
            continue;
        }
        if (output.buffered != output.dictionary) {
            output.buffer = dictionaries_.of(output.position, output.column->type, *output.dictionary);
            output.buffered = output.dictionary;
        }
        target_->data[i].Dictionary(output.buffer, output.codes);
    }
    target_->SetCardinality(rows_);
}

}  // namespace kodiak::engine
