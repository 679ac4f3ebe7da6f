// Instructions of casts, texts, lists and records.

#include "language/interpreter/dispatch.hpp"
#include "language/lexer/words.hpp"
#include "language/values/cast.hpp"
#include "language/values/text.hpp"

namespace kodiak::language {

using catalog::Type;
using catalog::TypeKind;

namespace {

const Instruction* out_of_memory(Machine& m, const Instruction* i) {
    return m.fail(i, "53200", "the code needs more memory than its limit");
}

const Instruction* cast(Machine& m, const Instruction* i) {
    const Program& program = m.program();
    Result<Value> result =
        cast_value(m.r[i->b], program.types[i->c], program.types[static_cast<size_t>(i->d)], m.meter());
    if (!result.ok()) {
        return m.fail(i, result.error());
    }
    m.r[i->a] = std::move(*result);
    return i + 1;
}

const Instruction* int_to_real(Machine& m, const Instruction* i) {
    const Value& operand = m.r[i->b];
    if (operand.is_null()) {
        m.r[i->a].set_null();
    } else {
        m.r[i->a].set(static_cast<double>(operand.integer()));
    }
    return i + 1;
}

const Instruction* concat(Machine& m, const Instruction* i) {
    const Value& left = m.r[i->b];
    const Value& right = m.r[i->c];
    if (left.is_null() || right.is_null()) {
        m.r[i->a].set_null();
        return i + 1;
    }
    const size_t size = left.text().size() + right.text().size();
    if (m.meter()->would_exceed(static_cast<int64_t>(size))) {
        return out_of_memory(m, i);
    }
    if (i->a == i->b && left.is_sole()) {  // s := s || x grows in place
        auto* object = static_cast<TextObject*>(left.object());
        object->text += right.text();
        object->charge(sizeof *object + object->text.capacity());
        return i + 1;
    }
    std::string text;
    text.reserve(size);
    text += left.text();
    text += right.text();
    m.r[i->a] = text_value(m.meter(), std::move(text));
    return i + 1;
}

const Instruction* like(Machine& m, const Instruction* i) {
    const Value& text = m.r[i->b];
    const Value& pattern = m.r[i->c];
    if (text.is_null() || pattern.is_null()) {
        m.r[i->a].set_null();
    } else {
        m.r[i->a].set(int64_t{like_matches(text.text(), pattern.text(), i->d != 0)});
    }
    return i + 1;
}

std::vector<Value> values_of(Machine& m, const Instruction* i) { return {m.r + i->b, m.r + i->b + i->c}; }

const Instruction* make_list(Machine& m, const Instruction* i) {
    m.r[i->a] = list_value(m.meter(), values_of(m, i));
    return i + 1;
}

const Instruction* make_record(Machine& m, const Instruction* i) {
    m.r[i->a] = record_value(m.meter(), m.program().shapes[static_cast<size_t>(i->d)], values_of(m, i));
    return i + 1;
}

const Instruction* join_lists(Machine& m, const Instruction* i) {
    if (m.r[i->b].is_null() || m.r[i->c].is_null()) {
        m.r[i->a] = m.r[i->b].is_null() ? Value(m.r[i->c]) : Value(m.r[i->b]);
        return i + 1;
    }
    std::vector<Value> items = m.r[i->b].items();
    const std::vector<Value>& more = m.r[i->c].items();
    if (m.meter()->would_exceed(static_cast<int64_t>((items.size() + more.size()) * sizeof(Value)))) {
        return out_of_memory(m, i);
    }
    items.insert(items.end(), more.begin(), more.end());
    m.r[i->a] = list_value(m.meter(), std::move(items));
    return i + 1;
}

// Element n from 1; negative from the end; beyond the ends NULL.
const Instruction* index_list(Machine& m, const Instruction* i) {
    const Value& list = m.r[i->b];
    const Value& position = m.r[i->c];
    if (list.is_null() || position.is_null()) {
        m.r[i->a].set_null();
        return i + 1;
    }
    const std::vector<Value>& items = list.items();
    const auto count = static_cast<int64_t>(items.size());
    const int64_t at = position.integer() < 0 ? count + position.integer() : position.integer() - 1;
    if (at < 0 || at >= count) {
        m.r[i->a].set_null();
    } else {
        const Value item = items[static_cast<size_t>(at)];
        m.r[i->a] = item;
    }
    return i + 1;
}

const Instruction* index_text(Machine& m, const Instruction* i) {
    const Value& text = m.r[i->b];
    const Value& position = m.r[i->c];
    if (text.is_null() || position.is_null()) {
        m.r[i->a].set_null();
        return i + 1;
    }
    const int64_t at = position.integer();
    m.r[i->a] = text_value(m.meter(), at == 0 ? "" : slice_characters(text.text(), at, at));
    return i + 1;
}

const Instruction* slice(Machine& m, const Instruction* i) {
    const Value& container = m.r[i->b];
    if (container.is_null()) {
        m.r[i->a].set_null();
        return i + 1;
    }
    const int64_t first = m.r[i->c].is_null() ? 1 : m.r[i->c].integer();
    const int64_t last = m.r[i->c + 1].is_null() ? INT64_MAX : m.r[i->c + 1].integer();
    if (i->d != 0) {
        m.r[i->a] = text_value(m.meter(), slice_characters(container.text(), first, last));
        return i + 1;
    }
    const std::vector<Value>& items = container.items();
    const auto count = static_cast<int64_t>(items.size());
    const int64_t from = std::max<int64_t>(first < 0 ? count + first : first - 1, 0);
    const int64_t to = last < 0 ? count + last + 1 : std::min(last, count);
    std::vector<Value> part;
    if (from < to) {
        part.assign(items.begin() + from, items.begin() + to);
    }
    m.r[i->a] = list_value(m.meter(), std::move(part));
    return i + 1;
}

const Instruction* field(Machine& m, const Instruction* i) {
    const Value& record = m.r[i->b];
    const auto index = static_cast<size_t>(i->d);
    if (record.is_null() || index >= record.items().size()) {
        m.r[i->a].set_null();
    } else {
        const Value item = record.items()[index];
        m.r[i->a] = item;
    }
    return i + 1;
}

size_t field_index(const Type& shape, std::string_view name) {
    size_t index = 0;
    while (index < shape.children.size() && !same_name(shape.children[index].name, name)) {
        ++index;
    }
    return index;
}

const Instruction* field_named(Machine& m, const Instruction* i) {
    const Value& record = m.r[i->b];
    const std::string& name = m.program().names[static_cast<size_t>(i->d)];
    if (record.is_null()) {
        m.r[i->a].set_null();
        return i + 1;
    }
    const Type& shape = *record.shape();
    const size_t index = field_index(shape, name);
    if (index == shape.children.size()) {
        return m.fail(i, "42703", "the record has no field \"" + name + "\"");
    }
    Result<Value> result =
        cast_value(record.items()[index], shape.children[index].type, m.program().types[i->c], m.meter());
    if (!result.ok()) {
        return m.fail(i, result.error());
    }
    m.r[i->a] = std::move(*result);
    return i + 1;
}

// A record that may be changed: the value's own one, a copy of a shared one, a new one for NULL.
RecordObject* own_record(Machine& m, Value& value, const std::shared_ptr<const Type>& shape) {
    if (value.is_null()) {
        value = record_value(m.meter(), shape, std::vector<Value>(shape->children.size()));
    } else if (!value.is_sole()) {
        value = record_value(m.meter(), value.shape(), value.items());
    }
    return static_cast<RecordObject*>(value.object());
}

const Instruction* store_field(Machine& m, const Instruction* i) {
    RecordObject* record = own_record(m, m.r[i->a], m.program().shapes[i->c]);
    record->fields[static_cast<size_t>(i->d)] = m.r[i->b];
    return i + 1;
}

const Instruction* store_field_named(Machine& m, const Instruction* i) {
    Value& value = m.r[i->a];
    const std::string& name = m.program().names[static_cast<size_t>(i->d)];
    if (value.is_null()) {
        return m.fail(i, "55000", "the record has no value yet, so it has no field \"" + name + "\"");
    }
    RecordObject* record = own_record(m, value, nullptr);
    const size_t index = field_index(*record->shape, name);
    if (index == record->fields.size()) {
        return m.fail(i, "42703", "the record has no field \"" + name + "\"");
    }
    Result<Value> result =
        cast_value(m.r[i->b], m.program().types[i->c], record->shape->children[index].type, m.meter());
    if (!result.ok()) {
        return m.fail(i, result.error());
    }
    record->fields[index] = std::move(*result);
    return i + 1;
}

// a[n] := v; n one behind the end appends, further out fills with NULL.
const Instruction* store_item(Machine& m, const Instruction* i) {
    constexpr int64_t kItemsMost = int64_t{1} << 28;
    Value& list = m.r[i->a];
    const Value& position = m.r[i->b];
    if (position.is_null()) {
        return m.fail(i, "22004", "the position is NULL");
    }
    const int64_t at = position.integer();
    if (at < 1 || at > kItemsMost) {
        return m.fail(i, "2202E", "position " + std::to_string(at) + " is outside of a list");
    }
    if (list.is_null()) {
        list = list_value(m.meter(), {});
    } else if (!list.is_sole()) {
        list = list_value(m.meter(), list.items());
    }
    auto* object = static_cast<ListObject*>(list.object());
    if (static_cast<size_t>(at) > object->items.size()) {
        const auto more = static_cast<int64_t>((static_cast<size_t>(at) - object->items.size()) * sizeof(Value));
        if (m.meter()->would_exceed(more)) {
            return out_of_memory(m, i);
        }
        object->items.resize(static_cast<size_t>(at));
        object->recharge();
    }
    object->items[static_cast<size_t>(at) - 1] = m.r[i->c];
    return i + 1;
}

const Instruction* list_next(Machine& m, const Instruction* i) {
    const Value& list = m.r[i->b];
    if (list.is_null()) {
        return m.fail(i, "22004", "the list of FOREACH is NULL");
    }
    Value& position = m.r[i->c];
    const auto at = static_cast<size_t>(position.integer());
    if (at >= list.items().size()) {
        return m.jump(i);
    }
    const Value item = list.items()[at];
    m.r[i->a] = item;
    position.set(static_cast<int64_t>(at + 1));
    return i + 1;
}

const Instruction* record_to(Machine& m, const Instruction* i) {
    const Value& record = m.r[i->b];
    if (record.is_null()) {
        m.r[i->a].set_null();
        return i + 1;
    }
    Result<Value> result = cast_value(record, *record.shape(), m.program().types[static_cast<size_t>(i->d)], m.meter());
    if (!result.ok()) {
        return m.fail(i, result.error());
    }
    m.r[i->a] = std::move(*result);
    return i + 1;
}

}  // namespace

void add_object_instructions(DispatchTable& table) {
    table[op_index(Op::kCast)] = cast;
    table[op_index(Op::kIntToReal)] = int_to_real;
    table[op_index(Op::kConcat)] = concat;
    table[op_index(Op::kLike)] = like;
    table[op_index(Op::kBuiltin)] = run_builtin;
    table[op_index(Op::kMakeList)] = make_list;
    table[op_index(Op::kMakeRecord)] = make_record;
    table[op_index(Op::kJoinLists)] = join_lists;
    table[op_index(Op::kIndexList)] = index_list;
    table[op_index(Op::kIndexText)] = index_text;
    table[op_index(Op::kSlice)] = slice;
    table[op_index(Op::kField)] = field;
    table[op_index(Op::kFieldNamed)] = field_named;
    table[op_index(Op::kStoreField)] = store_field;
    table[op_index(Op::kStoreFieldNamed)] = store_field_named;
    table[op_index(Op::kStoreItem)] = store_item;
    table[op_index(Op::kListNext)] = list_next;
    table[op_index(Op::kRecordTo)] = record_to;
}

}  // namespace kodiak::language
