// What compiled code does with texts without a step: the common cases of common functions. Each says whether it was
// one; if not, nothing has changed and the interpreter does it. A text that is given up is filled again: most of the
// time of a short text goes into making its object.

#include <algorithm>

#include "language/jit/compiled_machine.hpp"
#include "language/lexer/utf8.hpp"

namespace kodiak::language {
namespace {

constexpr size_t kSpareTexts = 16;
constexpr size_t kSpareBytes = 1024;

TextObject* object_of(const Value& value) { return static_cast<TextObject*>(value.object()); }

void charge(TextObject* text) { text->charge(sizeof *text + text->text.capacity()); }

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

// Puts a text in a register. `make` fills an empty string; it may read what the register held.
template <class Make>
void give_text(JitContext* context, Value* to, const Make& make) {
    Value made = context->machine->fresh_text();
    make(object_of(made)->text);
    charge(object_of(made));
    std::swap(*to, made);
    context->machine->put_back(made);
}

void text_in(JitContext* context, Value* slot, const StringRef* text) {
    if (slot->is_sole()) {
        object_of(*slot)->text.assign(text->data(), text->length);
        charge(object_of(*slot));
        return;
    }
    give_text(context, slot, [&](std::string& out) { out.assign(text->data(), text->length); });
}

void text_out(TextSink* sink, const Value* value, StringRef* out) {
    const std::string& text = value->text();
    *out = text.size() <= StringRef::kInlineBytes ? StringRef(text)
                                                  : StringRef(std::string_view(sink->keep(text), text.size()));
}

// Negative, 0, positive; 0 if either is NULL.
int compare_texts(const Value* left, const Value* right) {
    return left->is_null() || right->is_null() ? 0 : object_of(*left)->text.compare(object_of(*right)->text);
}

// The functions below require texts that are not NULL.

int64_t text_length(const Value* text) { return static_cast<int64_t>(count_characters(object_of(*text)->text)); }

int concat(JitContext* context, Value* to, const Value* left, const Value* right) {
    const std::string& one = object_of(*left)->text;
    const std::string& two = object_of(*right)->text;
    if (context->machine->meter()->would_exceed(static_cast<int64_t>(one.size() + two.size()))) {
        return 0;
    }
    if (to == left && to->is_sole()) {
        object_of(*to)->text += two;
        charge(object_of(*to));
        return 1;
    }
    give_text(context, to, [&](std::string& out) { out.append(one).append(two); });
    return 1;
}

int substring(JitContext* context, Value* to, const Value* text, int64_t start, int64_t length) {
    const std::string& from = object_of(*text)->text;
    if (start < 1 || length < 0 || !is_ascii(from)) {
        return 0;
    }
    const size_t first = std::min(static_cast<size_t>(start - 1), from.size());
    give_text(context, to, [&](std::string& out) {
        out.assign(from, first, std::min(static_cast<size_t>(length), from.size() - first));
    });
    return 1;
}

template <char kFirst, char kLast>
int change_case(JitContext* context, Value* to, const Value* text) {
    const std::string& from = object_of(*text)->text;
    if (!is_ascii(from)) {
        return 0;
    }
    give_text(context, to, [&](std::string& out) {
        out = from;
        for (char& c : out) {
            c = static_cast<char>(c ^ (c >= kFirst && c <= kLast ? 0x20 : 0));
        }
    });
    return 1;
}

int number_text(JitContext* context, Value* to, int64_t number) {
    give_text(context, to, [&](std::string& out) { out = std::to_string(number); });
    return 1;
}

}  // namespace

Value CompiledMachine::fresh_text() {
    if (spare_texts_.empty()) {
        return text_value(machine_.meter(), std::string());
    }
    Value text = std::move(spare_texts_.back());
    spare_texts_.pop_back();
    return text;
}

// Spare texts are not charged: nobody uses them.
void CompiledMachine::keep_text(Value& text) {
    TextObject* object = object_of(text);
    if (spare_texts_.size() == kSpareTexts || object->text.capacity() > kSpareBytes) {
        text.set_null();
        return;
    }
    object->text.clear();
    object->charge(0);
    spare_texts_.push_back(std::move(text));
}

void add_text_symbols(std::vector<RuntimeSymbol>& symbols) {
    symbols.push_back({"kodiak_text_in", reinterpret_cast<void*>(text_in)});
    symbols.push_back({"kodiak_text_out", reinterpret_cast<void*>(text_out)});
    symbols.push_back({"kodiak_compare_texts", reinterpret_cast<void*>(compare_texts)});
    symbols.push_back({"kodiak_text_length", reinterpret_cast<void*>(text_length)});
    symbols.push_back({"kodiak_concat", reinterpret_cast<void*>(concat)});
    symbols.push_back({"kodiak_substring", reinterpret_cast<void*>(substring)});
    symbols.push_back({"kodiak_upper", reinterpret_cast<void*>(change_case<'a', 'z'>)});
    symbols.push_back({"kodiak_lower", reinterpret_cast<void*>(change_case<'A', 'Z'>)});
    symbols.push_back({"kodiak_number_text", reinterpret_cast<void*>(number_text)});
}

}  // namespace kodiak::language
