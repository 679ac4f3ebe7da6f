#include "engine/code/compiled_calls.hpp"

#include <algorithm>

#include "engine/errors/errors.hpp"

namespace kodiak::engine {

namespace {

using catalog::TypeKind;

// Types whose vectors are the compiled function's columns.
bool lies_alike(const catalog::Type& type) {
    switch (type.kind) {
        case TypeKind::kBoolean:
        case TypeKind::kTinyInt:
        case TypeKind::kSmallInt:
        case TypeKind::kInteger:
        case TypeKind::kBigInt:
        case TypeKind::kUTinyInt:
        case TypeKind::kUSmallInt:
        case TypeKind::kUInteger:
        case TypeKind::kUBigInt:
        case TypeKind::kFloat:
        case TypeKind::kDouble:
        case TypeKind::kDecimal:
        case TypeKind::kDate:
        case TypeKind::kTime:
        case TypeKind::kTimestamp:
        case TypeKind::kVarchar:
            return true;
        default:
            return false;
    }
}

bool fits(const CodeCall& call) {
    const language::Signature& signature = *call.signature;
    const bool result_fits =
        signature.result.form == language::TypeForm::kValue && lies_alike(signature.result.type);
    return result_fits && call.missing.empty() && !call.has_rest && call.inputs.size() == call.input_count &&
           std::all_of(call.argument_types.begin(), call.argument_types.end(), lies_alike);
}

// Texts of a result live in its vector.
class VectorTexts final : public language::TextSink {
   public:
    explicit VectorTexts(duckdb::Vector& vector) : vector_(vector) {}
    const char* keep(std::string_view text) override {
        // Only long ones come here: they lie in the vector's heap, not in the string_t.
        return duckdb::StringVector::AddStringOrBlob(vector_, text.data(), text.size()).GetPointer();
    }

   private:
    duckdb::Vector& vector_;
};

}  // namespace

CompiledCalls::CompiledCalls(const CodeCall& call, const CodeCallRun& run, language::Jit* jit)
    : call_(call), calls_(run), jit_(jit), fits_(jit != nullptr && fits(call)), columns_(call.input_count) {}

bool CompiledCalls::run(const std::vector<duckdb::UnifiedVectorFormat>& arguments, size_t rows,
                        duckdb::Vector& result) {
    if (!fits_) {
        return false;
    }
    auto function = jit_->find(*call_.signature, *call_.library, rows);
    if (function == nullptr) {
        return false;
    }
    if (function != function_) {
        function_ = std::move(function);
        compiled_ = language::make_compiled_run(function_, calls_.environment());
    }
    for (size_t i = 0; i < arguments.size(); ++i) {
        columns_[call_.inputs[i]] = {arguments[i].data, arguments[i].validity.GetData(), arguments[i].sel->data()};
    }
    auto& validity = duckdb::FlatVector::Validity(result);
    validity.Initialize(STANDARD_VECTOR_SIZE);
    VectorTexts texts(result);
    const Status done = compiled_->call_batch(
        columns_, {duckdb::FlatVector::GetData(result), validity.GetData(), &texts}, nullptr, rows);
    if (!done.ok()) {
        throw_error(fold_place(done.error()));
    }
    return true;
}

}  // namespace kodiak::engine
