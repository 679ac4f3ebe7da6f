#include "catalog/statement_notes.hpp"

#include <algorithm>

namespace kodiak::catalog {

bool StatementNotes::matter() const {
    const bool has_actions = std::ranges::any_of(foreign_keys, [](const NotedForeignKey& key) {
        return key.on_delete > ReferentialAction::kRestrict || key.on_update > ReferentialAction::kRestrict;
    });
    return kind == Kind::kAddConstraint || kind == Kind::kDropConstraint || has_actions || !identities.empty() ||
           !options.empty();
}

}  // namespace kodiak::catalog
