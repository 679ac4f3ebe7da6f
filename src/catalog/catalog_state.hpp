#pragma once

// CatalogState: all definitions as one transaction or read view sees them.
//
// What       An immutable snapshot; changing it makes a new one that shares the unchanged definitions.
// How        Definitions by id, and by (name space, schema, folded name). Names compare case-insensitively (ASCII
//            folding, DuckDB's rule) and keep their spelling.
// Identity   `version()` is different for any two states with different content within a process; the engine uses it
//            as plan identity (docs/decisions/0002, trap 19).
// Threads    Immutable after construction; share by shared_ptr.
// Cost       with()/without(): O(number of objects) pointer copies; lookups O(1).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/definition.hpp"

namespace kodiak::catalog {

using ObjectPtr = std::shared_ptr<const CatalogObject>;

class CatalogState {
   public:
    using Ptr = std::shared_ptr<const CatalogState>;

    // No objects at all.
    static Ptr empty();
    // Just these objects. Requires: no two of one id or name.
    static Ptr of(const std::vector<ObjectPtr>& objects);
    // This state plus `object`, replacing the one of the same id. Requires: no other object bears its name (checked by
    // the caller through find()).
    Ptr with(CatalogObject object) const;
    // This state minus an object; unchanged when it is not there.
    Ptr without(ObjectId id) const;

    // nullptr when there is none; triggers are found by triggers_on() instead. Pointers live as long as this state.
    ObjectPtr find(ObjectId id) const;
    ObjectPtr find(NameSpace space, ObjectId schema, const std::string& name) const;
    ObjectPtr find_schema(const std::string& name) const { return find(NameSpace::kSchemas, kNoObject, name); }
    // Objects of a kind in a schema (kNoObject: of all schemas), in order of id.
    std::vector<ObjectPtr> list(ObjectKind kind, ObjectId schema = kNoObject) const;
    // The triggers on a table or view, in order of their names.
    std::vector<ObjectPtr> triggers_on(ObjectId table) const;
    // Objects that name `id` as dependency: foreign keys to it, indexes and triggers on it, depends_on entries; in
    // order of id.
    std::vector<ObjectPtr> dependents_of(ObjectId id) const;

    uint64_t version() const { return version_; }
    size_t size() const { return by_id_.size(); }

   private:
    struct NameKey {
        NameSpace space;
        ObjectId schema;
        std::string folded;
        bool operator==(const NameKey&) const = default;
    };
    struct NameKeyHash {
        size_t operator()(const NameKey& key) const noexcept;
    };
    static NameKey key_of(const CatalogObject& object);
    void enter(ObjectPtr object);
    void remove(ObjectId id);

    std::unordered_map<ObjectId, ObjectPtr> by_id_;
    std::unordered_map<NameKey, ObjectId, NameKeyHash> by_name_;
    std::unordered_map<ObjectId, std::vector<ObjectPtr>> triggers_;  // by table, each list by name
    uint64_t version_ = 0;
};

// ASCII lower case: how names are compared.
std::string fold_name(const std::string& name);

}  // namespace kodiak::catalog
