#pragma once

// Makes random functions for differential tests. Same seed, same program.

#include <random>
#include <string>
#include <vector>

namespace kodiak::language {

// Every function takes (a INT, b BIGINT, c DOUBLE, d DECIMAL(18,2), e TEXT, f BOOLEAN, g DATE) and returns one of its
// variables. Loops are bounded; overflow, division by zero, NULL and failing casts are as likely as they get.
class RandomCode {
   public:
    explicit RandomCode(uint32_t seed) : random_(seed) {}
    std::string function(const std::string& name);

   private:
    enum Type : size_t { kInt, kBig, kReal, kDecimal, kText, kBool, kDate, kList, kTypes };
    size_t below(size_t count) { return random_() % count; }
    bool one_in(size_t count) { return below(count) == 0; }
    std::string pick(const std::vector<std::string>& from) { return from[below(from.size())]; }
    std::string variable(Type type);
    std::string constant(Type type);
    std::string expression(Type type, size_t depth);
    std::string whole(Type type, size_t depth);
    std::string condition(size_t depth);
    std::string text(size_t depth);
    std::string statements(size_t depth);
    std::string statement(size_t depth);

    std::mt19937 random_;
    size_t loops_ = 0;
};

}  // namespace kodiak::language
