#include "catalog/catalog_state.hpp"

#include <algorithm>
#include <atomic>

namespace kodiak::catalog {
namespace {

uint64_t next_version() {
    static std::atomic<uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

bool depends_on(const CatalogObject& object, ObjectId id) {
    if (std::find(object.depends_on.begin(), object.depends_on.end(), id) != object.depends_on.end()) {
        return true;
    }
    if (const auto* index = std::get_if<IndexDefinition>(&object.definition)) {
        return index->table == id;
    }
    if (const auto* trigger = std::get_if<TriggerDefinition>(&object.definition)) {
        return trigger->table == id;
    }
    if (const auto* table = std::get_if<TableDefinition>(&object.definition)) {
        // A table that references itself does not stand in its own way.
        return object.id != id && std::any_of(table->foreign_keys.begin(), table->foreign_keys.end(),
                                              [&](const auto& key) { return key.referenced_table == id; });
    }
    return false;
}

template <class Keep>
std::vector<ObjectPtr> select(const std::unordered_map<ObjectId, ObjectPtr>& objects, Keep&& keep) {
    std::vector<ObjectPtr> found;
    for (const auto& [id, object] : objects) {
        if (keep(*object)) {
            found.push_back(object);
        }
    }
    std::sort(found.begin(), found.end(),
              [](const ObjectPtr& left, const ObjectPtr& right) { return left->id < right->id; });
    return found;
}

}  // namespace

std::string fold_name(const std::string& name) {
    std::string folded = name;
    for (char& letter : folded) {
        if (letter >= 'A' && letter <= 'Z') {
            letter = static_cast<char>(letter - 'A' + 'a');
        }
    }
    return folded;
}

size_t CatalogState::NameKeyHash::operator()(const NameKey& key) const noexcept {
    const size_t place = std::hash<uint64_t>()(key.schema.value * 32 + static_cast<uint64_t>(key.space));
    return std::hash<std::string>()(key.folded) ^ (place * 0x9E3779B97F4A7C15ull);
}

CatalogState::NameKey CatalogState::key_of(const CatalogObject& object) {
    std::string name = fold_name(object.name);
    if (const auto* trigger = std::get_if<TriggerDefinition>(&object.definition)) {
        name += '\n' + std::to_string(trigger->table.value);  // the same name may be on another table
    }
    return {name_space_of(object.kind), object.schema, std::move(name)};
}

void CatalogState::enter(ObjectPtr object) {
    by_name_[key_of(*object)] = object->id;
    if (const auto* trigger = std::get_if<TriggerDefinition>(&object->definition)) {
        std::vector<ObjectPtr>& list = triggers_[trigger->table];
        const auto before = [](const ObjectPtr& left, const ObjectPtr& right) {
            return fold_name(left->name) < fold_name(right->name);
        };
        list.insert(std::upper_bound(list.begin(), list.end(), object, before), object);
    }
    const ObjectId id = object->id;
    by_id_[id] = std::move(object);
}

void CatalogState::remove(ObjectId id) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) {
        return;
    }
    by_name_.erase(key_of(*found->second));
    if (const auto* trigger = std::get_if<TriggerDefinition>(&found->second->definition)) {
        const auto list = triggers_.find(trigger->table);
        std::erase(list->second, found->second);
        if (list->second.empty()) {
            triggers_.erase(list);
        }
    }
    by_id_.erase(found);
}

CatalogState::Ptr CatalogState::empty() {
    auto state = std::make_shared<CatalogState>();
    state->version_ = next_version();
    return state;
}

CatalogState::Ptr CatalogState::of(const std::vector<ObjectPtr>& objects) {
    auto state = std::make_shared<CatalogState>();
    state->version_ = next_version();
    for (const ObjectPtr& object : objects) {
        state->enter(object);
    }
    return state;
}

CatalogState::Ptr CatalogState::with(CatalogObject object) const {
    auto state = std::make_shared<CatalogState>(*this);
    state->version_ = next_version();
    state->remove(object.id);
    state->enter(std::make_shared<const CatalogObject>(std::move(object)));
    return state;
}

CatalogState::Ptr CatalogState::without(ObjectId id) const {
    auto state = std::make_shared<CatalogState>(*this);
    if (by_id_.contains(id)) {
        state->version_ = next_version();
        state->remove(id);
    }
    return state;
}

ObjectPtr CatalogState::find(ObjectId id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

ObjectPtr CatalogState::find(NameSpace space, ObjectId schema, const std::string& name) const {
    const auto found = by_name_.find(NameKey{space, schema, fold_name(name)});
    return found == by_name_.end() ? nullptr : find(found->second);
}

std::vector<ObjectPtr> CatalogState::list(ObjectKind kind, ObjectId schema) const {
    return select(by_id_, [&](const CatalogObject& object) {
        return object.kind == kind && (schema == kNoObject || object.schema == schema);
    });
}

std::vector<ObjectPtr> CatalogState::triggers_on(ObjectId table) const {
    const auto found = triggers_.find(table);
    return found == triggers_.end() ? std::vector<ObjectPtr>() : found->second;
}

std::vector<ObjectPtr> CatalogState::dependents_of(ObjectId id) const {
    return select(by_id_, [&](const CatalogObject& object) { return depends_on(object, id); });
}

}  // namespace kodiak::catalog
