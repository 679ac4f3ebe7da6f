#include "language/lexer/words.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

namespace kodiak::language {
namespace {

// The lists are sorted; keyword_category() searches them by halves. The longest keyword bounds what must be folded.
constexpr size_t kLongestKeyword = 15;

constexpr std::string_view kReservedWords[] = {
    "all",        "analyse",      "analyze",     "and",       "any",       "array",    "as",         "asc",
    "asymmetric", "both",         "case",        "cast",      "check",     "collate",  "column",     "constraint",
    "create",     "default",      "deferrable",  "desc",      "describe",  "distinct", "do",         "else",
    "end",        "except",       "false",       "fetch",     "for",       "foreign",  "from",       "group",
    "having",     "in",           "initially",   "intersect", "into",      "lambda",   "lateral",    "leading",
    "limit",      "not",          "null",        "offset",    "on",        "only",     "or",         "order",
    "pivot",      "pivot_longer", "pivot_wider", "placing",   "primary",   "qualify",  "references", "returning",
    "select",     "show",         "some",        "summarize", "symmetric", "table",    "then",       "to",
    "trailing",   "true",         "union",       "unique",    "unpivot",   "using",    "variadic",   "when",
    "where",      "window",       "with",
};

constexpr std::string_view kTypeFunctionWords[] = {
    "anti",  "asof",   "at",      "authorization", "binary",      "by",       "collation", "columns",  "concurrently",
    "cross", "freeze", "full",    "generated",     "glob",        "ilike",    "inner",     "is",       "isnull",
    "join",  "left",   "like",    "map",           "natural",     "notnull",  "outer",     "overlaps", "positional",
    "right", "semi",   "similar", "struct",        "tablesample", "try_cast", "unpack",    "verbose",
};

constexpr std::string_view kColumnNameWords[] = {
    "between",   "bigint",        "bit",      "boolean",       "char",      "character",    "coalesce",
    "dec",       "decimal",       "exists",   "extract",       "float",     "grouping",     "grouping_id",
    "inout",     "int",           "integer",  "interval",      "national",  "nchar",        "none",
    "nullif",    "numeric",       "out",      "overlay",       "position",  "precision",    "real",
    "row",       "setof",         "smallint", "substring",     "time",      "timestamp",    "treat",
    "trim",      "values",        "varchar",  "xmlattributes", "xmlconcat", "xmlelement",   "xmlexists",
    "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi",         "xmlroot",   "xmlserialize", "xmltable",
};

constexpr std::string_view kUnreservedWords[] = {
    "abort",        "absolute",
    "access",       "action",
    "add",          "admin",
    "after",        "aggregate",
    "also",         "alter",
    "always",       "assertion",
    "assignment",   "attach",
    "attribute",    "backward",
    "before",       "begin",
    "cache",        "call",
    "called",       "cascade",
    "cascaded",     "catalog",
    "centuries",    "century",
    "chain",        "characteristics",
    "checkpoint",   "class",
    "close",        "cluster",
    "comment",      "comments",
    "commit",       "committed",
    "compression",  "configuration",
    "conflict",     "connection",
    "constraints",  "content",
    "continue",     "conversion",
    "copy",         "cost",
    "csv",          "cube",
    "current",      "cursor",
    "cycle",        "data",
    "database",     "day",
    "days",         "deallocate",
    "decade",       "decades",
    "declare",      "defaults",
    "deferred",     "definer",
    "delete",       "delimiter",
    "delimiters",   "depends",
    "detach",       "dictionary",
    "disable",      "discard",
    "document",     "domain",
    "double",       "drop",
    "each",         "enable",
    "encoding",     "encrypted",
    "enum",         "error",
    "escape",       "event",
    "exclude",      "excluding",
    "exclusive",    "execute",
    "explain",      "export",
    "export_state", "extension",
    "extensions",   "external",
    "family",       "filter",
    "first",        "following",
    "force",        "forward",
    "function",     "functions",
    "global",       "grant",
    "granted",      "groups",
    "handler",      "header",
    "hold",         "hour",
    "hours",        "identity",
    "if",           "ignore",
    "immediate",    "immutable",
    "implicit",     "import",
    "include",      "including",
    "increment",    "index",
    "indexes",      "inherit",
    "inherits",     "inline",
    "input",        "insensitive",
    "insert",       "install",
    "instead",      "invoker",
    "isolation",    "json",
    "key",          "label",
    "language",     "large",
    "last",         "leakproof",
    "level",        "listen",
    "load",         "local",
    "location",     "lock",
    "locked",       "logged",
    "macro",        "mapping",
    "match",        "matched",
    "materialized", "maxvalue",
    "merge",        "method",
    "microsecond",  "microseconds",
    "millennia",    "millennium",
    "millisecond",  "milliseconds",
    "minute",       "minutes",
    "minvalue",     "mode",
    "month",        "months",
    "move",         "name",
    "names",        "new",
    "next",         "no",
    "nothing",      "notify",
    "nowait",       "nulls",
    "object",       "of",
    "off",          "oids",
    "old",          "operator",
    "option",       "options",
    "ordinality",   "others",
    "over",         "overriding",
    "owned",        "owner",
    "parallel",     "parser",
    "partial",      "partition",
    "partitioned",  "passing",
    "password",     "percent",
    "persistent",   "plans",
    "policy",       "pragma",
    "preceding",    "prepare",
    "prepared",     "preserve",
    "prior",        "privileges",
    "procedural",   "procedure",
    "program",      "publication",
    "quarter",      "quarters",
    "quote",        "range",
    "read",         "reassign",
    "recheck",      "recursive",
    "ref",          "referencing",
    "refresh",      "reindex",
    "relative",     "release",
    "rename",       "repeatable",
    "replace",      "replica",
    "reset",        "respect",
    "restart",      "restrict",
    "returns",      "revoke",
    "role",         "rollback",
    "rollup",       "rows",
    "rule",         "sample",
    "savepoint",    "schema",
    "schemas",      "scope",
    "scroll",       "search",
    "second",       "seconds",
    "secret",       "security",
    "sequence",     "sequences",
    "serializable", "server",
    "session",      "set",
    "sets",         "share",
    "simple",       "skip",
    "snapshot",     "sorted",
    "source",       "sql",
    "stable",       "standalone",
    "start",        "statement",
    "statistics",   "stdin",
    "stdout",       "storage",
    "stored",       "strict",
    "strip",        "subscription",
    "sysid",        "system",
    "tables",       "tablespace",
    "target",       "temp",
    "template",     "temporary",
    "text",         "ties",
    "transaction",  "transform",
    "trigger",      "truncate",
    "trusted",      "type",
    "types",        "unbounded",
    "uncommitted",  "unencrypted",
    "unknown",      "unlisten",
    "unlogged",     "until",
    "update",       "use",
    "user",         "vacuum",
    "valid",        "validate",
    "validator",    "value",
    "variable",     "varying",
    "version",      "view",
    "views",        "virtual",
    "volatile",     "week",
    "weeks",        "whitespace",
    "within",       "without",
    "work",         "wrapper",
    "write",        "xml",
    "year",         "years",
    "yes",          "zone",
};

constexpr std::string_view kDateParts[] = {
    "centuries", "century",     "day",          "days",      "decade",     "decades",     "hour",
    "hours",     "microsecond", "microseconds", "millennia", "millennium", "millisecond", "milliseconds",
    "minute",    "minutes",     "month",        "months",    "quarter",    "quarters",    "second",
    "seconds",   "week",        "weeks",        "year",      "years",
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A word folded into a buffer of its own; empty if it is too long to be a keyword.
class FoldedWord {
   public:
    explicit FoldedWord(std::string_view word) {
        if (word.size() <= kLongestKeyword) {
            std::transform(word.begin(), word.end(), letters_.begin(), lower);
            length_ = word.size();
        }
    }
    bool is_in(std::span<const std::string_view> words) const {
        return std::binary_search(words.begin(), words.end(), std::string_view(letters_.data(), length_));
    }

   private:
    std::array<char, kLongestKeyword> letters_{};
    size_t length_ = 0;
};

std::string quote(std::string_view text, char quote_sign) {
    std::string quoted(1, quote_sign);
    for (const char c : text) {
        if (c == quote_sign) {
            quoted += quote_sign;
        }
        quoted += c;
    }
    return quoted + quote_sign;
}

}  // namespace

KeywordCategory keyword_category(std::string_view word) {
    const FoldedWord folded(word);
    if (folded.is_in(kReservedWords)) {
        return KeywordCategory::kReserved;
    }
    if (folded.is_in(kTypeFunctionWords)) {
        return KeywordCategory::kTypeFunction;
    }
    if (folded.is_in(kColumnNameWords)) {
        return KeywordCategory::kColumnName;
    }
    return folded.is_in(kUnreservedWords) ? KeywordCategory::kUnreserved : KeywordCategory::kNoKeyword;
}

bool is_date_part(std::string_view word) { return FoldedWord(word).is_in(kDateParts); }

bool same_word(std::string_view word, std::string_view lower_case) {
    return std::equal(word.begin(), word.end(), lower_case.begin(), lower_case.end(),
                      [](char a, char b) { return lower(a) == b; });
}

std::string fold_name(std::string_view name) {
    std::string folded(name);
    std::transform(folded.begin(), folded.end(), folded.begin(), lower);
    return folded;
}

bool same_name(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

std::string quote_name(std::string_view name) { return quote(name, '"'); }
std::string quote_string(std::string_view text) { return quote(text, '\''); }

}  // namespace kodiak::language
