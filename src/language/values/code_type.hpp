#pragma once

// Types of values in code: the catalogue's types, and the few that exist only there (RECORD, VOID, cursors).
//
// For the analyser and for whoever shows a type to a person. A value of form kError stands for one whose problem was
// reported already; nothing is reported about it again.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/type.hpp"

namespace kodiak::language {

enum class TypeForm : uint8_t {
    kValue,   // a type of the catalogue
    kRecord,  // RECORD: any row; its shape is known at run time
    kCursor,  // REFCURSOR and bound cursors
    kVoid,
    kTrigger,
    kDynamic,  // a field of a RECORD whose shape is known at run time only: it takes the type that is asked for
    kError,
};

struct CodeType {
    catalog::Type type;
    TypeForm form = TypeForm::kValue;
    bool literal = false;  // of a number without a type of its own yet: it takes the type beside it

    bool is(catalog::TypeKind kind) const { return form == TypeForm::kValue && type.kind == kind; }
    bool is_error() const { return form == TypeForm::kError; }
    bool is_null() const { return is(catalog::TypeKind::kSqlNull); }
    // Values of the type are objects with an owner (texts, lists, records), not bare numbers.
    bool is_object() const;
    // Same type, literals apart.
    bool same(const CodeType& other) const { return form == other.form && type == other.type; }
};

CodeType code_type(catalog::TypeKind kind);
CodeType decimal_type(unsigned width, unsigned scale);
CodeType list_type(const CodeType& element);
CodeType special_type(TypeForm form);
inline CodeType error_type() { return special_type(TypeForm::kError); }

// Integers of all widths, signed or not, without BOOLEAN.
bool is_integer(const CodeType& type);
// Integers whose values the interpreter keeps in 64 bits; the others take 128.
bool is_small_integer(const CodeType& type);
bool is_number(const CodeType& type);
// TIMESTAMP in microseconds, with or without time zone.
bool is_timestamp(const CodeType& type);
// Texts: VARCHAR and BLOB, not ENUM.
bool is_text(const CodeType& type);

// Shows a type as SQL writes it: DECIMAL(12,2), INTEGER[], STRUCT(x INTEGER).
std::string type_text(const catalog::Type& type);
std::string type_text(const CodeType& type);

// Returns the type of a plain name, in any case and with its synonyms (INT8, NUMERIC, TEXT, ...), without parameters.
std::optional<catalog::TypeKind> type_kind_named(std::string_view name);

}  // namespace kodiak::language
