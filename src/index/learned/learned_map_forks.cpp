// Changing what lies below a fork of a LearnedMap: as in a B+tree, but by new nodes in the place of old ones.

#include "index/learned/learned_map.hpp"

namespace kodiak::index::learned {

LearnedMap::ForkChildren LearnedMap::ForkChildren::of(Ref fork) {
    ForkChildren children;
    for (uint32_t i = 0; i < fork.child_count(); ++i) {
        children.push_back(fork.fork_child(i), i + 1 < Fork::kChildren ? fork.fork().separators[i] : ~uint64_t{0});
    }
    return children;
}

LearnedMap::ForkChildren LearnedMap::ForkChildren::part(uint32_t begin, uint32_t end) const {
    ForkChildren some;
    for (uint32_t i = begin; i < end; ++i) {
        some.push_back(refs[i], separators[i]);
    }
    return some;
}

void LearnedMap::ForkChildren::replace(uint32_t first, uint32_t replaced, const ForkChildren& by) {
    const ForkChildren behind = part(first + replaced, count);
    count = first;
    for (const ForkChildren* some : {&by, &behind}) {
        for (uint32_t i = 0; i < some->count; ++i) {
            push_back(some->refs[i], some->separators[i]);
        }
    }
}

// What takes the place of children [first, first + count) of a fork.
struct LearnedMap::ForkChange {
    uint32_t first;
    uint32_t count;
    ForkChildren fresh;
};

// Builds child `at` of a fork, a hashed node, anew: with `added` if given, else with a neighbour that has room.
LearnedMap::ForkChange LearnedMap::rebuild_fork_leaf(const ForkChildren& children, uint32_t at, const Item* added) {
    ForkChange change{at, 1, {}};
    if (added == nullptr) {
        const uint32_t left = at > 0 ? at - 1 : 0;
        const auto is_small = [&](uint32_t i) {
            return i < children.count && children.refs[i].kind() == Kind::kHashed;
        };
        if (is_small(left) && is_small(left + 1) &&
            children.refs[left].live_count() + children.refs[left + 1].live_count() <= kMergedHashedKeys) {
            change = {left, 2, {}};
        }
    }
    Items items;
    for (uint32_t i = 0; i < change.count; ++i) {
        append_leaf(children.refs[change.first + i], 0, items);
    }
    if (added != nullptr) {
        insert_sorted(items, *added);
    }
    const std::span<const Item> all(items);
    const uint64_t last_separator = children.separators[change.first + change.count - 1];
    const Purpose purpose = purpose_of(items, added);
    // A node that was in use takes more than a new one, with luck twice as many: there may be three pieces.
    const size_t pieces = (items.size() + kHashedKeys - 1) / kHashedKeys;
    const size_t piece_keys = purpose == Purpose::kAppend || pieces == 0 ? kHashedKeys
                                                                         : (items.size() + pieces - 1) / pieces;
    for (size_t begin = 0; begin < items.size(); begin += piece_keys) {
        const size_t end = std::min(items.size(), begin + piece_keys);
        change.fresh.push_back(build_hashed(all.subspan(begin, end - begin), purpose),
                               end < items.size() ? items[end - 1].key : last_separator);
    }
    return change;
}

// Builds the hashed node that has, or would have, `key` below the fork in a slot anew, and what that asks for above
// it: forks split, vanish, or hand their only child up.
void LearnedMap::rebuild_below_fork(const Step& step, const Item* added, uint64_t key) {
    std::vector<Ref> forks;
    for (Ref ref = step.inner.child(step.slot); ref.kind() == Kind::kFork;
         ref = ref.fork_child(ref.fork().child_of(key))) {
        forks.push_back(ref);
    }
    ForkChildren children = ForkChildren::of(forks.back());
    ForkChange change = rebuild_fork_leaf(children, forks.back().fork().child_of(key), added);
    std::vector<Ref> replaced(children.refs + change.first, children.refs + change.first + change.count);
    while (!forks.empty() && (change.count != 1 || change.fresh.count != 1)) {
        children.replace(change.first, change.count, change.fresh);
        change.fresh = {};
        const uint32_t half = children.count / 2;
        if (children.count > Fork::kChildren) {
            change.fresh.push_back(new_fork(children.part(0, half)), children.separators[half - 1]);
            change.fresh.push_back(new_fork(children.part(half, children.count)), 0);
        } else if (children.count > 0) {
            change.fresh.push_back(children.count == 1 ? children.refs[0] : new_fork(children), 0);
        }
        replaced.push_back(forks.back());
        forks.pop_back();
        if (!forks.empty()) {
            children = ForkChildren::of(forks.back());
            change.first = forks.back().fork().child_of(key);
            change.count = 1;
            if (change.fresh.count > 0) {  // the last one ends where the replaced child ended
                change.fresh.separators[change.fresh.count - 1] = children.separators[change.first];
            }
        }
    }
    if (!forks.empty()) {
        forks.back().fork().children[change.first].store(change.fresh.refs[0].word(), std::memory_order_release);
    } else {
        set_fork_top(step, change.fresh, replaced);
    }
    for (const Ref ref : replaced) {
        retire_node(ref);
    }
}

// Gives a slot what has become of the fork in it: nothing, a node, or two. Two would be one level more, which is the
// moment to look whether another form fits by now.
void LearnedMap::set_fork_top(const Step& step, const ForkChildren& fresh, std::vector<Ref>& replaced) {
    if (fresh.count < 2) {
        set_slot(step.inner, step.slot, fresh.count == 0 ? Ref() : fresh.refs[0]);
        return;
    }
    Items items;
    for (uint32_t i = 0; i < fresh.count; ++i) {
        append_tree(fresh.refs[i], 0, items);
        for_each_node(fresh.refs[i], [&](Ref node) { replaced.push_back(node); });
    }
    set_slot(step.inner, step.slot, build_slot(items, step.inner.shift(), Purpose::kGrowth));
}

}  // namespace kodiak::index::learned
