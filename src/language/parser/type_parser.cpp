// Types as they are written in declarations, parameters and casts.

#include <charconv>

#include "language/parser/code_parser.hpp"

namespace kodiak::language {

TypeName* CodeParser::parse_type() {
    const Nesting nesting(*this);
    const size_t start = cursor_.index();
    TypeName* type = ast_.type_name();
    if ((cursor_.at_word("struct") || cursor_.at_word("row")) && cursor_.at_symbol('(', 1)) {
        type->kind = TypeNameKind::kStruct;
        cursor_.move_to(cursor_.index() + 2);
        do {
            type->field_names.push_back(parse_name("the name of a field"));
            type->children.push_back(*parse_type());
        } while (cursor_.accept_symbol(','));
        expect_symbol(')');
    } else if (cursor_.at_word("map") && cursor_.at_symbol('(', 1)) {
        type->kind = TypeNameKind::kMap;
        cursor_.move_to(cursor_.index() + 2);
        type->children.push_back(*parse_type());
        expect_symbol(',');
        type->children.push_back(*parse_type());
        expect_symbol(')');
    } else {
        parse_type_words(type);
    }
    parse_type_suffix(type);
    type->span = span_from(start);
    return type;
}

void CodeParser::parse_type_words(TypeName* type) {
    type->parts = parse_qualified_name("a type");
    // Any other word makes it a remainder: x::BIGINT % y.
    if (at_operator("%") && (cursor_.at_word("type", 1) || cursor_.at_word("rowtype", 1))) {
        cursor_.advance();
        type->kind = cursor_.at_word("type") ? TypeNameKind::kTypeOf : TypeNameKind::kRowTypeOf;
        cursor_.advance();
        return;
    }
    std::string& name = type->parts.back().name;
    if (same_word(name, "double") && cursor_.accept_word("precision")) {
        name = "double";
    } else if (same_word(name, "character") && cursor_.accept_word("varying")) {
        name = "varchar";
    } else if (same_word(name, "enum") && cursor_.at_symbol('(')) {
        cursor_.advance();
        do {
            if (!cursor_.at_string()) {
                unexpected({"a label in quotes"});
            }
            type->labels.push_back(string_literal()->text);
        } while (cursor_.accept_symbol(','));
        expect_symbol(')');
        return;
    }
    if (cursor_.at_symbol('(')) {
        cursor_.advance();
        do {
            const std::string_view digits = cursor_.text_of(cursor_.peek());
            uint32_t value = 0;
            const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
            if (problem != std::errc() || end != digits.data() + digits.size()) {
                unexpected({"a number"});
            }
            type->modifiers.push_back(value);
            cursor_.advance();
        } while (cursor_.accept_symbol(','));
        expect_symbol(')');
    }
    if (same_word(name, "timestamp") || same_word(name, "time")) {
        if (cursor_.accept_words({"with", "time", "zone"})) {
            name += "tz";
        } else {
            cursor_.accept_words({"without", "time", "zone"});
        }
    }
}

void CodeParser::parse_type_suffix(TypeName* type) {
    while (cursor_.at_symbol('[')) {
        cursor_.advance();
        uint32_t length = 0;
        if (!cursor_.at_symbol(']')) {
            const std::string_view digits = cursor_.text_of(cursor_.peek());
            const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
            if (problem != std::errc() || end != digits.data() + digits.size() || length == 0) {
                unexpected({"]", "the length of the array"});
            }
            cursor_.advance();
        }
        expect_symbol(']');
        type->array_suffix.push_back(length);
        if (type->array_suffix.size() > kNestingMost) {
            fail("54001", "nesting is too deep", type->span);
        }
    }
    if (cursor_.at_word("array") && !cursor_.at_symbol('[', 1)) {
        cursor_.advance();
        type->array_suffix.push_back(0);
    }
}

}  // namespace kodiak::language
