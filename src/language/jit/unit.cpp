#include "language/jit/unit.hpp"

#include <algorithm>

#include "base/bytes/byte_io.hpp"
#include "base/bytes/string_ref.hpp"
#include "base/hash/sha256.hpp"
#include "language/jit/inference.hpp"
#include "language/jit/operands.hpp"

namespace kodiak::language {

using catalog::Physical;
using catalog::Type;
using catalog::TypeKind;

namespace {

constexpr size_t kFunctionsMost = 64;
constexpr size_t kInstructionsMost = 10'000;  // of all functions; LLVM takes about 0.1 ms for each

ColumnLayout layout_of(const CodeType& type) {
    if (view_of(type) == View::kObject) {
        return is_text(type) ? ColumnLayout{ColumnKind::kText, sizeof(StringRef)}
                             : ColumnLayout{ColumnKind::kValue, sizeof(Value)};
    }
    const Physical physical = type.type.physical();
    const auto bytes = static_cast<uint8_t>(catalog::physical_bytes(physical));
    switch (physical) {
        case Physical::kBool:
            return {ColumnKind::kBool, bytes};
        case Physical::kFloat:
            return {ColumnKind::kFloat, bytes};
        case Physical::kDouble:
            return {ColumnKind::kDouble, bytes};
        case Physical::kUint8:
        case Physical::kUint16:
        case Physical::kUint32:
        case Physical::kUint64:
        case Physical::kUint128:
            return {ColumnKind::kUnsigned, bytes};
        default:
            return {ColumnKind::kSigned, bytes};
    }
}

// Everything of a function that the machine code depends on.
void write_function(const UnitFunction& function, ByteWriter& writer) {
    const Program& program = *function.program;
    writer.u32(program.registers);
    writer.u8(program.signature->strict ? 1 : 0);
    writer.u8(static_cast<uint8_t>(function.result));
    writer.u32(static_cast<uint32_t>(program.parameters.size()));
    for (size_t i = 0; i < program.parameters.size(); ++i) {
        writer.u16(program.parameters[i]);
        writer.u8(static_cast<uint8_t>(function.parameters[i]));
    }
    writer.u32(static_cast<uint32_t>(program.constants.size()));
    for (const ProgramConstant& one : program.constants) {
        writer.u16(one.where);
        writer.u8(one.value.is_null() ? 1 : 0);
        catalog::encode_type(one.type, writer);
        // The text of a constant is looked up at run time.
        const int128 bits = one.value.is_object() || one.value.is_null() ? 0
                            : view_of(one.type) == View::kHuge           ? one.value.huge()
                                                                         : one.value.integer();
        writer.u64(static_cast<uint64_t>(bits));
        writer.u64(static_cast<uint64_t>(bits >> 64));
    }
    writer.u32(static_cast<uint32_t>(program.types.size()));
    for (const Type& type : program.types) {
        catalog::encode_type(type, writer);
    }
    writer.u32(static_cast<uint32_t>(function.callees.size()));
    for (const uint32_t callee : function.callees) {
        writer.u32(callee);
    }
    writer.u32(static_cast<uint32_t>(program.code.size()));
    for (size_t at = 0; at < program.code.size(); ++at) {
        const Instruction& i = program.code[at];
        writer.u16(static_cast<uint16_t>(i.op));
        writer.u16(i.a);
        writer.u16(i.b);
        writer.u16(i.c);
        writer.u32(static_cast<uint32_t>(i.d));
        // Says how many operands a RAISE has, and what lists hold.
        writer.u16(function.code[at].shape.block_size);
        writer.u8(static_cast<uint8_t>(function.code[at].item));
    }
}

// The root and all that it calls, each once.
Status collect(const Signature& root, const ProgramSource& programs, JitUnit& unit) {
    size_t instructions = 0;
    const auto add = [&](uint64_t code, const std::string& name) -> Result<uint32_t> {
        for (size_t i = 0; i < unit.codes.size(); ++i) {
            if (unit.codes[i] == code) {
                return static_cast<uint32_t>(i);
            }
        }
        UnitFunction function;
        function.program = programs.program(code);
        if (function.program == nullptr) {
            return make_error(ErrorCode::kUnsupported, "it calls \"" + name + "\", which does not exist any more");
        }
        instructions += function.program->code.size();
        if (unit.functions.size() == kFunctionsMost || instructions > kInstructionsMost) {
            return make_error(ErrorCode::kUnsupported, "the code is too large to compile");
        }
        const Signature& signature = *function.program->signature;
        if (signature.returns_set) {
            return make_error(ErrorCode::kUnsupported, "\"" + signature.name + "\" returns a set");
        }
        function.result = view_of(signature.result);
        for (const SignatureParameter& one : signature.parameters) {
            if (one.mode != ParameterMode::kOut) {
                function.parameters.push_back(view_of(one.type));
            }
        }
        unit.codes.push_back(code);
        unit.functions.push_back(std::move(function));
        return static_cast<uint32_t>(unit.functions.size() - 1);
    };
    KODIAK_TRY(add(root.code, root.name));
    for (size_t at = 0; at < unit.functions.size(); ++at) {
        const std::shared_ptr<const Program> program = unit.functions[at].program;
        for (const auto& callee : program->callees) {
            KODIAK_TRY_ASSIGN(const uint32_t number, add(callee->code, callee->name));
            unit.functions[at].callees.push_back(number);
        }
    }
    return ok_status();
}

Status check_calls(const JitUnit& unit, const UnitFunction& function) {
    for (size_t at = 0; at < function.code.size(); ++at) {
        const Instruction& i = function.program->code[at];
        if (i.op != Op::kCall || !function.code[at].reachable) {
            continue;
        }
        const UnitFunction& callee = unit.functions[function.callees[static_cast<size_t>(i.d)]];
        bool fits = i.c == callee.parameters.size();
        for (size_t k = 0; fits && k < i.c; ++k) {
            const View given = function.block_views[function.code[at].block_views + k];
            fits = given == View::kNothing || given == callee.parameters[k];
        }
        if (!fits) {
            return make_error(ErrorCode::kUnsupported,
                              "a call with other types at line " + std::to_string(line_of(*function.program, i)));
        }
    }
    return ok_status();
}

}  // namespace

View view_of(const Type& type) {
    CodeType code;
    code.type = type;
    return view_of(code);
}

View view_of(const CodeType& type) {
    if (type.form == TypeForm::kVoid || type.is_null()) {
        return View::kNothing;
    }
    if (type.is_object()) {
        return View::kObject;
    }
    switch (type.type.kind) {
        case TypeKind::kFloat:
        case TypeKind::kDouble:
            return View::kReal;
        case TypeKind::kHugeInt:
        case TypeKind::kUBigInt:
        case TypeKind::kDecimal:
        case TypeKind::kInterval:
            return View::kHuge;
        default:
            return View::kInteger;
    }
}

Result<JitUnit> build_unit(const Signature& root, const ProgramSource& programs) {
    JitUnit unit;
    KODIAK_TRY(collect(root, programs, unit));
    for (size_t at = 0; at < unit.functions.size(); ++at) {
        UnitFunction& function = unit.functions[at];
        const Status fine = Inference(unit.functions, function).run();
        if (!fine.ok() && at > 0) {
            return make_error(ErrorCode::kUnsupported,
                              "it calls " + function.program->signature->name + ", which has " + fine.error().message);
        }
        KODIAK_TRY(fine);
        unit.registers_most = std::max(unit.registers_most, function.program->registers);
    }
    for (const UnitFunction& function : unit.functions) {
        KODIAK_TRY(check_calls(unit, function));
    }
    std::string bytes;
    ByteWriter writer(bytes);
    for (const UnitFunction& function : unit.functions) {
        write_function(function, writer);
    }
    const Signature& signature = *unit.functions[0].program->signature;
    for (const SignatureParameter& one : signature.parameters) {
        if (one.mode != ParameterMode::kOut) {
            unit.columns.push_back(layout_of(one.type));
        }
    }
    unit.result_column = layout_of(signature.result);
    for (const ColumnLayout& column : unit.columns) {
        writer.u8(static_cast<uint8_t>(column.kind));
        writer.u8(column.bytes);
    }
    writer.u8(static_cast<uint8_t>(unit.result_column.kind));
    writer.u8(unit.result_column.bytes);
    unit.key = sha256(bytes).hex();
    return unit;
}

}  // namespace kodiak::language
