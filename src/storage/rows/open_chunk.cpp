#include "storage/rows/open_chunk.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/result/assert.hpp"
#include "storage/decode.hpp"
#include "storage/rows/canonical_row.hpp"
#include "storage/rows/string_arena.hpp"

namespace kodiak::storage {
namespace {

using catalog::Physical;
using catalog::Type;
using catalog::TypeKind;

constexpr size_t kLargeSlab = 16 * 1024;
constexpr std::align_val_t kSlabAlignment{64};

size_t align_up(size_t bytes, size_t alignment) { return (bytes + alignment - 1) / alignment * alignment; }

// Slab bytes with every part aligned; the parts are laid out in the same order by the constructor.
size_t slab_bytes(const StoredSchema& schema, size_t capacity, size_t alignment) {
    const size_t validity = align_up((capacity + 63) / 64 * 8, 8);
    size_t bytes = 0;
    for (const Type& type : schema.types) {
        bytes += align_up(capacity * catalog::physical_bytes(type.physical()), alignment) + validity;
        bytes = align_up(bytes, alignment);
    }
    return bytes + 2 * align_up(capacity * sizeof(uint64_t), alignment);
}

template <size_t kBytes>
void gather(const ColumnView& view, size_t from, uint32_t count, uint8_t* out) {
    const auto* values = static_cast<const uint8_t*>(view.data);
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t at = view.position(from + i);
        if (view.is_valid(from + i)) {
            std::memcpy(out + size_t{i} * kBytes, values + size_t{at} * kBytes, kBytes);
        } else {
            std::memset(out + size_t{i} * kBytes, 0, kBytes);
        }
    }
}

template <size_t kBytes>
void repeat(const void* value, uint32_t count, uint8_t* out) {
    for (uint32_t i = 0; i < count; ++i) {
        std::memcpy(out + size_t{i} * kBytes, value, kBytes);
    }
}

Error bad_row(const char* what) {
    return make_error(ErrorCode::kCorruption, std::string("canonical row does not read: ") + what);
}

}  // namespace

std::shared_ptr<OpenChunk> OpenChunk::make(std::shared_ptr<const StoredSchema> schema, OriginId origin,
                                           uint32_t capacity) {
    KODIAK_ASSERT(capacity >= 1 && capacity <= kRowsPerChunk);
    return std::shared_ptr<OpenChunk>(new OpenChunk(std::move(schema), origin, capacity));
}

OpenChunk::OpenChunk(std::shared_ptr<const StoredSchema> schema, OriginId origin, uint32_t capacity)
    : capacity_(capacity), arena_(std::make_shared<StringArena>()) {
    schema_ = std::move(schema);
    origin_ = origin;
    const size_t alignment = slab_bytes(*schema_, capacity, 16) >= kLargeSlab ? 64 : 16;
    slab_bytes_ = slab_bytes(*schema_, capacity, alignment);
    slab_ = static_cast<uint8_t*>(::operator new(slab_bytes_, kSlabAlignment));
    uint8_t* next = slab_;
    const auto take = [&](size_t bytes) {
        uint8_t* const part = next;
        next += align_up(bytes, alignment);
        return part;
    };
    const size_t validity_bytes = size_t{(capacity + 63) / 64} * 8;
    columns_.resize(schema_->types.size());
    for (size_t c = 0; c < columns_.size(); ++c) {
        StoredColumn& column = columns_[c];
        column.physical = schema_->types[c].physical();
        column.width = static_cast<uint8_t>(catalog::physical_bytes(column.physical));
        const size_t value_bytes = align_up(size_t{capacity} * column.width, 8);
        column.data = take(value_bytes + validity_bytes);
        auto* const bits = const_cast<uint8_t*>(column.data) + value_bytes;
        std::memset(bits, 0, validity_bytes);
        column.validity = reinterpret_cast<const uint64_t*>(bits);
    }
    own_counters_ = reinterpret_cast<uint64_t*>(take(size_t{capacity} * sizeof(uint64_t)));
    own_created_ = reinterpret_cast<uint64_t*>(take(size_t{capacity} * sizeof(uint64_t)));
    KODIAK_ASSERT(next <= slab_ + slab_bytes_);
    std::fill(own_counters_, own_counters_ + capacity, 0);
    std::fill(own_created_, own_created_ + capacity, 0);
    row_counters_ = own_counters_;
    created_ = own_created_;
}

OpenChunk::~OpenChunk() { ::operator delete(slab_, kSlabAlignment); }

// Bits of rows filled_ .. filled_ + count - 1. Only this thread writes validity, so load and store suffice.
template <class IsValid>
void OpenChunk::put_validity(size_t position, uint32_t count, IsValid&& is_valid) {
    uint64_t* const words = validity(position);
    for (uint32_t i = 0; i < count;) {
        const uint32_t slot = filled_ + i;
        const uint32_t bits = std::min(64 - slot % 64, count - i);
        uint64_t word = __atomic_load_n(&words[slot / 64], __ATOMIC_RELAXED);
        for (uint32_t bit = 0; bit < bits; ++bit, ++i) {
            const uint64_t mask = uint64_t{1} << ((slot + bit) % 64);
            word = is_valid(i) ? word | mask : word & ~mask;
        }
        __atomic_store_n(&words[slot / 64], word, __ATOMIC_RELAXED);
    }
}

// Moves the long strings of rows filled_ .. filled_ + count - 1, which point to foreign memory, into the arena.
void OpenChunk::keep_long_strings(size_t position, uint32_t count) {
    auto* const strings = reinterpret_cast<StringRef*>(values(position)) + filled_;
    const StoredColumn& column = columns_[position];
    for (uint32_t i = 0; i < count; ++i) {
        if (!column.is_valid(filled_ + i)) {
            strings[i] = StringRef();
        } else if (!strings[i].is_inline()) {
            strings[i] = StringRef(arena_->keep(strings[i].view()));
        }
    }
}

void OpenChunk::append_column(size_t position, const ColumnView& view, size_t from, uint32_t count) {
    const uint32_t width = columns_[position].width;
    uint8_t* const out = values(position) + size_t{filled_} * width;
    if (view.validity == nullptr) {
        put_validity(position, count, [](uint32_t) { return true; });
    } else {
        put_validity(position, count, [&](uint32_t i) { return view.is_valid(from + i); });
    }
    if (view.selection == nullptr && view.validity == nullptr) {
        std::memcpy(out, static_cast<const uint8_t*>(view.data) + from * width, size_t{count} * width);
    } else {
        switch (width) {
            case 1: gather<1>(view, from, count, out); break;
            case 2: gather<2>(view, from, count, out); break;
            case 4: gather<4>(view, from, count, out); break;
            case 8: gather<8>(view, from, count, out); break;
            default: gather<16>(view, from, count, out); break;
        }
    }
    if (columns_[position].physical == Physical::kString) {
        keep_long_strings(position, count);
    }
}

uint32_t OpenChunk::append(const BatchView& batch, size_t from, size_t count) {
    KODIAK_ASSERT(batch.columns.size() == columns_.size() && from + count <= batch.rows);
    const auto fitting = static_cast<uint32_t>(std::min<size_t>(count, capacity_ - filled_));
    for (size_t c = 0; c < columns_.size(); ++c) {
        append_column(c, batch.columns[c], from, fitting);
    }
    filled_ += fitting;
    return fitting;
}

// Into slot filled_, whose validity bit the caller sets.
bool OpenChunk::read_value(size_t position, ValueReader& reader) {
    const Type& type = schema_->types[position];
    const StoredColumn& column = columns_[position];
    uint8_t* const out = values(position) + size_t{filled_} * column.width;
    std::string_view text;
    if (type.kind == TypeKind::kEnum) {
        if (labels_.empty()) {
            labels_.resize(columns_.size());
        }
        if (labels_[position].empty()) {
            labels_[position] = positions_of_labels(type);
        }
        if (!reader.sized(text)) {
            return false;
        }
        const auto found = labels_[position].find(text);
        if (found == labels_[position].end()) {
            return false;
        }
        std::memcpy(out, &found->second, column.width);
        return true;
    }
    if (column.physical != Physical::kString) {
        return reader.fixed(column.physical, out);
    }
    if (!reader.sized(text) || (type.is_nested() && !validate_nested(type, text).ok())) {
        return false;
    }
    const StringRef ref(text.size() > StringRef::kInlineBytes ? arena_->keep(text) : text);
    std::memcpy(out, &ref, sizeof ref);
    return true;
}

Result<bool> OpenChunk::append_canonical(std::string_view row_bytes) {
    if (is_full()) {
        return false;
    }
    ValueReader reader(row_bytes);
    std::string_view presence;
    const size_t columns = columns_.size();
    if (!reader.raw((columns + 7) / 8, presence)) {
        return bad_row("too short");
    }
    if (columns % 8 != 0 && (static_cast<uint8_t>(presence.back()) >> (columns % 8)) != 0) {
        return bad_row("spare presence bits");
    }
    for (size_t c = 0; c < columns; ++c) {
        const bool present = ((static_cast<uint8_t>(presence[c / 8]) >> (c % 8)) & 1) != 0;
        if (!present) {
            std::memset(values(c) + size_t{filled_} * columns_[c].width, 0, columns_[c].width);
        } else if (!read_value(c, reader)) {
            return bad_row("value of a column").with_detail("Column id " + std::to_string(schema_->ids[c].value) + ".");
        }
        put_validity(c, 1, [&](uint32_t) { return present; });
    }
    if (!reader.at_end()) {
        return bad_row("bytes left over");
    }
    ++filled_;
    return true;
}

void OpenChunk::copy_column(size_t position, const StoredColumn& source, const uint32_t* slots, uint32_t count) {
    StoredColumn& column = columns_[position];
    uint8_t* const out = values(position) + size_t{filled_} * column.width;
    if (source.validity == nullptr) {
        put_validity(position, count, [](uint32_t) { return true; });
    } else {
        put_validity(position, count, [&](uint32_t i) { return source.is_valid(slots != nullptr ? slots[i] : i); });
    }
    if (column.physical == Physical::kString) {
        decode_strings(source, slots, count, reinterpret_cast<StringRef*>(out));
        keep_long_strings(position, count);
    } else {
        decode_fixed(source, column.physical, slots, count, out);
    }
}

void OpenChunk::repeat_value(size_t position, const void* value, uint32_t count) {
    const StoredColumn& column = columns_[position];
    uint8_t* const out = values(position) + size_t{filled_} * column.width;
    put_validity(position, count, [&](uint32_t) { return value != nullptr; });
    const uint8_t nothing[16] = {};
    const void* const bytes = value != nullptr ? value : nothing;
    switch (column.width) {
        case 1: repeat<1>(bytes, count, out); break;
        case 2: repeat<2>(bytes, count, out); break;
        case 4: repeat<4>(bytes, count, out); break;
        case 8: repeat<8>(bytes, count, out); break;
        default: repeat<16>(bytes, count, out); break;
    }
}

uint32_t OpenChunk::append_from(const Chunk& source, const uint32_t* slots, size_t count) {
    KODIAK_ASSERT(source.schema().ids == schema_->ids);
    const auto fitting = static_cast<uint32_t>(std::min<size_t>(count, capacity_ - filled_));
    for (size_t c = 0; c < columns_.size(); ++c) {
        copy_column(c, source.column(c), slots, fitting);
    }
    filled_ += fitting;
    return fitting;
}

Result<uint32_t> OpenChunk::append_from(const Chunk& source, const uint32_t* slots, size_t count,
                                        const catalog::TableDefinition& table) {
    const auto fitting = static_cast<uint32_t>(std::min<size_t>(count, capacity_ - filled_));
    for (size_t c = 0; c < columns_.size(); ++c) {
        const int position = source.schema().position(schema_->ids[c]);
        if (position >= 0) {
            copy_column(c, source.column(static_cast<size_t>(position)), slots, fitting);
            continue;
        }
        const catalog::ColumnDefinition* const definition = table.find_column(schema_->ids[c]);
        KODIAK_ASSERT(definition != nullptr);
        if (definition->missing_value.empty()) {
            repeat_value(c, nullptr, fitting);
            continue;
        }
        KODIAK_TRY_ASSIGN(const PlainValue value, decode_value(schema_->types[c], definition->missing_value));
        if (value.text.size() > StringRef::kInlineBytes) {
            const StringRef kept(arena_->keep(value.text));
            repeat_value(c, &kept, fitting);
        } else {
            repeat_value(c, value.bytes, fitting);
        }
    }
    filled_ += fitting;
    return fitting;
}

void OpenChunk::set_row(uint32_t slot, uint64_t row_counter, uint64_t created) {
    KODIAK_ASSERT(slot < filled_);
    if (row_counters_ == nullptr) {
        for (uint32_t i = 0; i < filled_; ++i) {
            own_counters_[i] = first_row_counter_ + i;
        }
        row_counters_ = own_counters_;
    }
    if (created_ == nullptr) {
        std::fill(own_created_, own_created_ + filled_, created_all_);
        created_ = own_created_;
    }
    own_counters_[slot] = row_counter;
    own_created_[slot] = created;
}

void OpenChunk::publish(uint32_t count, uint64_t min_created, uint64_t max_created) {
    KODIAK_ASSERT(count <= filled_ && count >= count_.load(std::memory_order_relaxed));
    min_created_.store(min_created, std::memory_order_release);
    max_created_.store(max_created, std::memory_order_release);
    count_.store(count, std::memory_order_release);
}

void OpenChunk::truncate(uint32_t filled) {
    KODIAK_ASSERT(filled <= filled_);
    filled_ = filled;
    if (count_.load(std::memory_order_relaxed) > filled) {
        count_.store(filled, std::memory_order_release);
    }
}

std::shared_ptr<OpenChunk> OpenChunk::grown(uint32_t capacity) const {
    KODIAK_ASSERT(capacity >= filled_);
    auto copy = make(schema_, origin_, capacity);
    copy->arena_ = arena_;
    copy->filled_ = filled_;
    for (size_t c = 0; c < columns_.size(); ++c) {
        std::memcpy(copy->values(c), columns_[c].data, size_t{filled_} * columns_[c].width);
        for (uint32_t word = 0; word < (filled_ + 63) / 64; ++word) {
            copy->validity(c)[word] = columns_[c].validity_word(word);
        }
    }
    for (uint32_t slot = 0; slot < filled_; ++slot) {
        copy->own_counters_[slot] = row_id(slot).counter;
        copy->own_created_[slot] = created(slot);
    }
    copy->publish(count(), min_created(), max_created());
    return copy;
}

uint64_t OpenChunk::memory_bytes() const { return sizeof(OpenChunk) + slab_bytes_ + arena_->memory_bytes(); }

}  // namespace kodiak::storage
