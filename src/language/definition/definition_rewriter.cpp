#include "language/definition/definition_rewriter.hpp"

#include <array>

#include "language/definition/constraint_walk.hpp"
#include "language/definition/table_options.hpp"

namespace kodiak::language {
namespace {

using catalog::StatementNotes;

struct SerialType {
    std::string_view name;
    std::string_view type;
};
constexpr std::array<SerialType, 6> kSerialTypes{{{"serial", "INTEGER"},
                                                  {"serial4", "INTEGER"},
                                                  {"bigserial", "BIGINT"},
                                                  {"serial8", "BIGINT"},
                                                  {"smallserial", "SMALLINT"},
                                                  {"serial2", "SMALLINT"}}};

class DefinitionRewriter {
   public:
    DefinitionRewriter(std::string_view text, const std::vector<Token>& tokens, Rewriter& rewriter)
        : cursor_(text, tokens), rewriter_(rewriter) {}

    Result<DefinitionNotes> run() {
        if (cursor_.accept_word("create")) {
            KODIAK_TRY(create());
        } else if (cursor_.accept_words({"alter", "table"})) {
            KODIAK_TRY(alter_table());
        } else if (cursor_.accept_word("insert")) {
            KODIAK_TRY(insert());
        } else if (cursor_.at_word("select") || cursor_.at_word("with") || cursor_.at_word("from") ||
                   cursor_.at_word("table")) {
            KODIAK_TRY(refuse_row_locks());
        } else if (cursor_.at_word("alter") && cursor_.at_word("type", 1)) {
            KODIAK_TRY(refuse_add_value());
        }
        return std::move(result_);
    }

   private:
    StatementNotes& notes() { return result_.notes; }

    Error unsupported(std::string message, size_t tokens) const {
        return cursor_.error_at(ErrorCode::kUnsupported, std::move(message),
                                Span::from_to(cursor_.peek().span, cursor_.peek(tokens - 1).span));
    }

    void pass_qualified_name() {
        cursor_.advance();
        while (cursor_.at_symbol('.') && cursor_.at_name(1)) {
            cursor_.advance();
            cursor_.advance();
        }
    }

    Status create() {
        cursor_.accept_words({"or", "replace"});
        if (cursor_.at_word("domain") && cursor_.at_name(1)) {
            return unsupported("domains are not supported yet", 1)
                .with_hint("Use the type itself, with a CHECK on the columns.");
        }
        if (cursor_.at_word("type")) {
            return check_type();
        }
        if (!cursor_.accept_word("table")) {
            return ok_status();
        }
        cursor_.accept_words({"if", "not", "exists"});
        if (!cursor_.at_name()) {
            return ok_status();
        }
        pass_qualified_name();
        notes().kind = StatementNotes::Kind::kCreateTable;
        if (cursor_.at_symbol('(')) {
            KODIAK_TRY(pass_elements());
        }
        if (cursor_.at_word("with") && cursor_.at_symbol('(', 1)) {
            return take_options();
        }
        return ok_status();
    }

    Status check_type() {
        cursor_.advance();
        cursor_.accept_words({"if", "not", "exists"});
        if (!cursor_.at_name()) {
            return ok_status();
        }
        pass_qualified_name();
        if (cursor_.at_word("as") && cursor_.at_symbol('(', 1)) {
            return unsupported("composite types are not supported yet", 2)
                .with_hint("Write CREATE TYPE name AS STRUCT(field type, ...).");
        }
        return ok_status();
    }

    // (column or constraint, ...).
    Status pass_elements() {
        do {
            cursor_.advance();
            KODIAK_TRY(pass_element());
        } while (cursor_.at_symbol(','));
        cursor_.accept_symbol(')');
        return ok_status();
    }

    bool at_table_constraint() const {
        return cursor_.at_word("constraint") || (cursor_.at_word("primary") && cursor_.at_word("key", 1)) ||
               (cursor_.at_word("unique") && cursor_.at_symbol('(', 1)) ||
               (cursor_.at_word("check") && cursor_.at_symbol('(', 1)) ||
               (cursor_.at_word("foreign") && cursor_.at_word("key", 1));
    }

    Status pass_element() {
        ConstraintWalk walk(cursor_, rewriter_, notes());
        if (at_table_constraint() || !cursor_.at_name()) {
            return walk.run("");
        }
        const std::string column = name_value(cursor_.text(), cursor_.peek());
        cursor_.advance();
        for (const SerialType& serial : kSerialTypes) {
            if (cursor_.at_word(serial.name) && !cursor_.at_symbol('.', 1)) {
                rewriter_.replace(cursor_.peek().span, std::string(serial.type));
                catalog::NotedIdentity identity;
                identity.column = column;
                notes().identities.push_back(std::move(identity));
                cursor_.advance();
                break;
            }
        }
        return walk.run(column);
    }

    Status take_options() {
        const Span first = cursor_.peek().span;
        cursor_.advance();
        KODIAK_TRY_ASSIGN(notes().options, parse_table_options(cursor_));
        const size_t last = cursor_.index() - 1;
        cursor_.move_to(last);
        result_.options = Span::from_to(first, cursor_.peek().span);
        rewriter_.replace(*result_.options, "");
        return ok_status();
    }

    Status alter_table() {
        const Span first = first_span();
        const bool if_exists = cursor_.accept_words({"if", "exists"});
        cursor_.accept_word("only");
        if (!cursor_.at_name()) {
            return ok_status();
        }
        cursor_.move_to(cursor_.index() - 1);
        const Span before_name = cursor_.peek().span;
        cursor_.advance();
        pass_qualified_name();
        if (cursor_.at_word("drop") && cursor_.at_word("constraint", 1)) {
            cursor_.advance();
            rewriter_.replace(cursor_.peek().span, "COLUMN");
            notes().kind = StatementNotes::Kind::kDropConstraint;
            return ok_status();
        }
        const Span add = cursor_.peek().span;
        if (!cursor_.accept_word("add") || !at_table_constraint()) {
            return ok_status();
        }
        notes().kind = StatementNotes::Kind::kAddConstraint;
        notes().if_exists = if_exists;
        rewriter_.replace(Span::from_to(first, before_name), "CREATE TABLE");
        rewriter_.replace(add, "(\"kodiak column\" INTEGER,");
        KODIAK_TRY(ConstraintWalk(cursor_, rewriter_, notes()).run(""));
        if (cursor_.at_symbol(',')) {
            return unsupported("one ALTER TABLE can make one change", 1).with_hint("Write one statement for each.");
        }
        KODIAK_TRY(cursor_.expect_end({"the end of the statement"}));
        rewriter_.insert(cursor_.peek().span.offset, ")");
        return ok_status();
    }

    // Where the statement begins. Requires: two words have been accepted.
    Span first_span() {
        const size_t here = cursor_.index();
        cursor_.move_to(here - 2);
        const Span span = cursor_.peek().span;
        cursor_.move_to(here);
        return span;
    }

    Status insert() {
        size_t depth = 0;
        for (; cursor_.peek().kind != TokenKind::kEnd; cursor_.advance()) {
            if (cursor_.at_symbol('(')) {
                ++depth;
            } else if (cursor_.at_symbol(')')) {
                depth -= depth > 0 ? 1 : 0;
            } else if (depth > 0) {
                continue;
            } else if (cursor_.at_word("values") || cursor_.at_word("select") || cursor_.at_word("from") ||
                       cursor_.at_word("with") || cursor_.at_word("default")) {
                return ok_status();
            } else if (cursor_.at_word("overriding") && cursor_.at_word("value", 2)) {
                return take_overriding();
            }
        }
        return ok_status();
    }

    Status take_overriding() {
        if (!cursor_.at_word("system", 1)) {
            return unsupported("OVERRIDING USER VALUE is not supported", 3)
                .with_hint("Leave the identity column out of the INSERT.");
        }
        rewriter_.replace(Span::from_to(cursor_.peek().span, cursor_.peek(2).span), "");
        notes().kind = StatementNotes::Kind::kInsert;
        notes().overriding_system_value = true;
        return ok_status();
    }

    Status refuse_row_locks() {
        size_t depth = 0;
        for (; cursor_.peek().kind != TokenKind::kEnd; cursor_.advance()) {
            if (cursor_.at_symbol('(') || cursor_.at_symbol('[')) {
                ++depth;
            } else if (cursor_.at_symbol(')') || cursor_.at_symbol(']')) {
                depth -= depth > 0 ? 1 : 0;
            } else if (depth == 0 && cursor_.at_word("for") &&
                       (cursor_.at_word("update", 1) || cursor_.at_word("share", 1) ||
                        (cursor_.at_word("no", 1) && cursor_.at_word("key", 2)) ||
                        (cursor_.at_word("key", 1) && cursor_.at_word("share", 2)))) {
                return unsupported("SELECT ... FOR UPDATE and FOR SHARE are not supported yet", 2)
                    .with_hint("UPDATE the rows (SET a column to itself): of two transactions that do, one fails with "
                               "40001 and is run again.");
            }
        }
        return ok_status();
    }

    Status refuse_add_value() {
        for (; cursor_.peek().kind != TokenKind::kEnd; cursor_.advance()) {
            if (cursor_.at_word("add") && cursor_.at_word("value", 1)) {
                return unsupported("ALTER TYPE ... ADD VALUE is not supported yet", 2)
                    .with_hint("Make a new type and change the columns with ALTER TABLE ... ALTER COLUMN ... TYPE.");
            }
        }
        return ok_status();
    }

    TokenCursor cursor_;
    Rewriter& rewriter_;
    DefinitionNotes result_;
};

}  // namespace

Result<DefinitionNotes> rewrite_definition(std::string_view text, const std::vector<Token>& tokens,
                                           Rewriter& rewriter) {
    return DefinitionRewriter(text, tokens, rewriter).run();
}

}  // namespace kodiak::language
