#include "language/definition/constraint_walk.hpp"

#include <charconv>

namespace kodiak::language {

using catalog::ReferentialAction;

void ConstraintWalk::advance() {
    previous_ = cursor_.peek().span;
    cursor_.advance();
}

void ConstraintWalk::take_out(Span first) { rewriter_.replace(Span::from_to(first, previous_), ""); }

std::string ConstraintWalk::take_name() { return std::exchange(pending_name_, std::string()); }

void ConstraintWalk::pass_parenthesis() {
    size_t depth = 0;
    do {
        if (cursor_.at_symbol('(') || cursor_.at_symbol('[') || cursor_.at_symbol('{')) {
            ++depth;
        } else if (cursor_.at_symbol(')') || cursor_.at_symbol(']') || cursor_.at_symbol('}')) {
            --depth;
        }
        advance();
    } while (depth > 0 && cursor_.peek().kind != TokenKind::kEnd);
}

void ConstraintWalk::pass_qualified_name() {
    advance();
    while (cursor_.at_symbol('.') && cursor_.at_name(1)) {
        advance();
        advance();
    }
}

Status ConstraintWalk::run(std::string_view column) {
    column_ = column;
    while (!cursor_.at_end() && !cursor_.at_symbol(',') && !cursor_.at_symbol(')')) {
        if (cursor_.at_symbol('(') || cursor_.at_symbol('[') || cursor_.at_symbol('{')) {
            pass_parenthesis();
        } else if (cursor_.peek().kind == TokenKind::kWord) {
            KODIAK_TRY(pass_word());
        } else {
            advance();
        }
    }
    return ok_status();
}

Status ConstraintWalk::pass_word() {
    if (cursor_.at_word("constraint") && cursor_.at_name(1)) {
        pending_name_ = name_value(cursor_.text(), cursor_.peek(1));
        advance();
        advance();
        return ok_status();
    }
    if ((cursor_.at_word("primary") && cursor_.at_word("key", 1)) || cursor_.at_word("unique")) {
        notes_.key_names.push_back(take_name());
        advance();
        return ok_status();
    }
    if (cursor_.at_word("check") && cursor_.at_symbol('(', 1)) {
        notes_.check_names.push_back(take_name());
        advance();
        return ok_status();
    }
    if (cursor_.at_word("references")) {
        return pass_references();
    }
    if (cursor_.at_word("generated") && (cursor_.at_word("always", 1) || cursor_.at_word("by", 1))) {
        return pass_generated();
    }
    if (cursor_.at_word("as") && cursor_.at_symbol('(', 1)) {
        return pass_generated();
    }
    if (cursor_.at_word("null") || cursor_.at_word("default")) {
        pending_name_.clear();  // CONSTRAINT n NOT NULL: a name that nobody asks for
    }
    advance();
    return ok_status();
}

Status ConstraintWalk::pass_references() {
    catalog::NotedForeignKey key;
    key.name = take_name();
    advance();
    if (cursor_.at_name()) {
        pass_qualified_name();
    }
    if (cursor_.at_symbol('(')) {
        pass_parenthesis();
    }
    while (true) {
        const Span first = cursor_.peek().span;
        KODIAK_TRY_ASSIGN(const bool found, pass_reference_clause(key));
        if (!found) {
            break;
        }
        take_out(first);
    }
    notes_.foreign_keys.push_back(std::move(key));
    return ok_status();
}

Result<bool> ConstraintWalk::pass_reference_clause(catalog::NotedForeignKey& key) {
    if (cursor_.at_word("on") && (cursor_.at_word("delete", 1) || cursor_.at_word("update", 1))) {
        ReferentialAction& action = cursor_.at_word("delete", 1) ? key.on_delete : key.on_update;
        advance();
        advance();
        KODIAK_TRY_ASSIGN(action, parse_action());
        return true;
    }
    if (cursor_.at_word("match")) {
        advance();
        if (!cursor_.at_word("simple")) {
            return cursor_.error_at(ErrorCode::kUnsupported, "only MATCH SIMPLE is supported", cursor_.peek().span)
                .with_hint("Leave MATCH out: a foreign key with a NULL in it refers to nothing.");
        }
        advance();
        return true;
    }
    bool taken = false;
    KODIAK_TRY(pass_deferrable(taken));
    return taken;
}

Status ConstraintWalk::pass_deferrable(bool& taken) {
    const bool is_not = cursor_.at_word("not") && cursor_.at_word("deferrable", 1);
    if (is_not || cursor_.at_word("deferrable")) {
        if (is_not) {
            advance();
        }
        advance();
        taken = true;
    } else if (cursor_.at_word("initially")) {
        advance();
        if (cursor_.at_word("deferred")) {
            return cursor_
                .error_at(ErrorCode::kUnsupported, "constraints cannot be deferred to the end of the transaction",
                          cursor_.peek().span)
                .with_hint("Constraints are checked over the state after each whole statement.");
        }
        if (!cursor_.at_word("immediate")) {
            return cursor_.unexpected({"IMMEDIATE"});
        }
        advance();
        taken = true;
    }
    return ok_status();
}

Result<ReferentialAction> ConstraintWalk::parse_action() {
    ReferentialAction action = ReferentialAction::kNoAction;
    if (cursor_.at_word("cascade")) {
        action = ReferentialAction::kCascade;
    } else if (cursor_.at_word("restrict")) {
        action = ReferentialAction::kRestrict;
    } else if (cursor_.at_word("no") && cursor_.at_word("action", 1)) {
        advance();
    } else if (cursor_.at_word("set") && (cursor_.at_word("null", 1) || cursor_.at_word("default", 1))) {
        action = cursor_.at_word("null", 1) ? ReferentialAction::kSetNull : ReferentialAction::kSetDefault;
        advance();
    } else {
        return cursor_.unexpected({"NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"});
    }
    advance();
    if (action >= ReferentialAction::kSetNull && cursor_.at_symbol('(')) {
        return cursor_.error_at(ErrorCode::kUnsupported, "an action for some columns of the key is not supported",
                                cursor_.peek().span)
            .with_hint("SET NULL and SET DEFAULT set all columns of the foreign key.");
    }
    return action;
}

Status ConstraintWalk::pass_generated() {
    const Span first = cursor_.peek().span;
    catalog::NotedIdentity identity;
    identity.always = cursor_.at_word("always", 1);
    if (!cursor_.at_word("as")) {
        advance();
        advance();
        if (!identity.always) {
            if (!cursor_.at_word("default")) {
                return cursor_.unexpected({"DEFAULT"});
            }
            advance();
        }
        if (!cursor_.at_word("as")) {
            return cursor_.unexpected({"AS"});
        }
    }
    advance();
    if (cursor_.at_symbol('(')) {
        pass_parenthesis();
        if (!cursor_.at_word("stored")) {
            return ok_status();
        }
        return cursor_.error_at(ErrorCode::kUnsupported, "stored generated columns are not supported yet",
                                cursor_.peek().span)
            .with_hint("Write VIRTUAL or nothing: the value is then computed whenever it is read.");
    }
    if (!cursor_.at_word("identity")) {
        return cursor_.unexpected({"IDENTITY", "("});
    }
    advance();
    identity.column = column_;
    if (cursor_.at_symbol('(')) {
        KODIAK_TRY(parse_identity_options(identity));
    }
    take_out(first);
    notes_.identities.push_back(std::move(identity));
    return ok_status();
}

Result<int64_t> ConstraintWalk::parse_integer() {
    std::string digits;
    const Span first = cursor_.peek().span;
    if (cursor_.peek().kind == TokenKind::kOperator &&
        (cursor_.text_of(cursor_.peek()) == "-" || cursor_.text_of(cursor_.peek()) == "+")) {
        digits = cursor_.text_of(cursor_.peek()) == "-" ? "-" : "";
        advance();
    }
    if (cursor_.peek().kind != TokenKind::kNumber) {
        return cursor_.unexpected({"a whole number"});
    }
    digits += cursor_.text_of(cursor_.peek());
    std::erase(digits, '_');
    int64_t value = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (failed != std::errc() || end != digits.data() + digits.size()) {
        return cursor_.error_at(ErrorCode::kInvalidValue, "not a whole number of 64 bits: " + digits,
                                Span::from_to(first, cursor_.peek().span));
    }
    advance();
    return value;
}

Status ConstraintWalk::parse_identity_options(catalog::NotedIdentity& identity) {
    advance();
    const auto skip = [&](std::string_view word) {
        if (cursor_.at_word(word)) {
            advance();
        }
    };
    while (!cursor_.at_symbol(')')) {
        const bool no = cursor_.at_word("no");
        skip("no");
        if (!no && cursor_.at_word("start")) {
            advance();
            skip("with");
            KODIAK_TRY_ASSIGN(identity.start, parse_integer());
        } else if (!no && cursor_.at_word("increment")) {
            advance();
            skip("by");
            KODIAK_TRY_ASSIGN(identity.increment, parse_integer());
        } else if (cursor_.at_word("minvalue") || cursor_.at_word("maxvalue")) {
            auto& bound = cursor_.at_word("minvalue") ? identity.min_value : identity.max_value;
            advance();
            if (!no) {
                KODIAK_TRY_ASSIGN(bound, parse_integer());
            }
        } else if (cursor_.at_word("cycle")) {
            identity.cycle = !no;
            advance();
        } else if (!no && cursor_.at_word("cache")) {
            advance();
            KODIAK_TRY(parse_integer());  // how many values a session draws ahead: none
        } else {
            return cursor_.unexpected({"START WITH", "INCREMENT BY", "MINVALUE", "MAXVALUE", ")"});
        }
    }
    advance();
    return ok_status();
}

}  // namespace kodiak::language
