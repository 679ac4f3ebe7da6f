#include "language/semantic/match_call.hpp"

#include "language/lexer/words.hpp"
#include "language/values/cast.hpp"

namespace kodiak::language {

namespace {

// Where the arguments of a call go; false if they do not fit by number and name.
bool place_arguments(const std::vector<const SignatureParameter*>& inputs, const std::vector<GivenArgument>& given,
                     std::vector<int32_t>& arguments) {
    const bool variadic = !inputs.empty() && inputs.back()->mode == ParameterMode::kVariadic;
    arguments.assign(inputs.size(), -1);
    for (size_t i = 0; i < given.size(); ++i) {
        size_t place = i;
        if (!given[i].name.empty()) {
            place = 0;
            while (place < inputs.size() && !same_name(inputs[place]->name, given[i].name)) {
                ++place;
            }
        } else if (variadic && i + 1 >= inputs.size()) {
            continue;
        }
        if (place >= inputs.size() || arguments[place] >= 0) {
            return false;
        }
        arguments[place] = static_cast<int32_t>(i);
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
        const bool last_variadic = variadic && i + 1 == inputs.size();
        if (arguments[i] < 0 && !inputs[i]->has_default && !last_variadic &&
            inputs[i]->mode != ParameterMode::kOut) {
            return false;
        }
    }
    return true;
}

// Whether the arguments of a call fit a signature; `cost` counts implicit casts.
bool fits(const Signature& signature, const std::vector<GivenArgument>& given, std::vector<int32_t>& arguments,
          unsigned& cost) {
    const std::vector<const SignatureParameter*> inputs = inputs_of(signature);
    if (!place_arguments(inputs, given, arguments)) {
        return false;
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
        if (arguments[i] < 0 || inputs[i]->mode == ParameterMode::kOut) {
            continue;
        }
        const GivenArgument& argument = given[static_cast<size_t>(arguments[i])];
        if (argument.type.same(inputs[i]->type) || argument.type.is_error()) {
            continue;
        }
        const bool adapts = argument.type.literal && is_number(inputs[i]->type);
        const CastKind kind = cast_kind(argument.type, inputs[i]->type);
        if (kind == CastKind::kNone || (kind == CastKind::kExplicit && !adapts && !argument.text_literal)) {
            return false;
        }
        cost += 1;
    }
    return true;
}

}  // namespace

std::vector<const SignatureParameter*> inputs_of(const Signature& signature) {
    std::vector<const SignatureParameter*> inputs;
    for (const SignatureParameter& one : signature.parameters) {
        if (one.mode != ParameterMode::kOut || signature.kind == CodeKind::kProcedure) {
            inputs.push_back(&one);
        }
    }
    return inputs;
}

CallMatch match_call(const std::vector<std::shared_ptr<const Signature>>& overloads,
                     const std::vector<GivenArgument>& given, bool procedures) {
    CallMatch best;
    unsigned best_cost = ~0U;
    for (const auto& one : overloads) {
        std::vector<int32_t> arguments;
        unsigned cost = 0;
        if ((one->kind == CodeKind::kProcedure) != procedures || !fits(*one, given, arguments, cost)) {
            continue;
        }
        best.ambiguous = cost == best_cost || (best.ambiguous && cost > best_cost);
        if (cost < best_cost) {
            best.signature = one;
            best_cost = cost;
            best.arguments = std::move(arguments);
        }
    }
    if (best.ambiguous) {
        best.signature = nullptr;
    }
    return best;
}

std::string candidates_text(const std::vector<std::shared_ptr<const Signature>>& overloads) {
    std::string text;
    for (const auto& one : overloads) {
        text += (text.empty() ? "" : ", ") + one->name + "(";
        for (size_t i = 0; i < one->parameters.size(); ++i) {
            text += (i > 0 ? ", " : "") + type_text(one->parameters[i].type);
        }
        text += ")";
    }
    return text;
}

}  // namespace kodiak::language
