#include "language/jit/generator_library.hpp"

#include <dlfcn.h>

#include <map>
#include <mutex>

#include "language/jit/runtime.hpp"

namespace kodiak::language {
namespace {

constexpr const char* kLibrary = "libkodiak_jit.so";

// The folder of the program or library that this code is part of.
std::string own_folder() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) {
        return ".";
    }
    const std::string name = info.dli_fname;
    const size_t slash = name.rfind('/');
    return slash == std::string::npos ? "." : name.substr(0, slash);
}

Result<CodeGenerator*> open(const std::string& path) {
    const std::string folder = own_folder();
    void* library = nullptr;
    std::string problem;
    for (const std::string& one : path.empty()
                                      ? std::vector{folder + "/" + kLibrary, folder + "/../lib/kodiak/" + kLibrary}
                                      : std::vector{path}) {
        // Never by a bare name: that would search folders that somebody else may write to.
        library = library == nullptr ? dlopen(one.c_str(), RTLD_NOW | RTLD_LOCAL) : library;
        if (library != nullptr) {
            break;
        }
        const char* said = dlerror();
        problem = problem.empty() && said != nullptr ? said : problem;
    }
    if (library == nullptr) {
        return make_error(ErrorCode::kUnsupported, "there is no code generator here: " + problem);
    }
    auto* make = reinterpret_cast<MakeCodeGenerator>(dlsym(library, kMakeCodeGenerator));
    const std::span<const RuntimeSymbol> symbols = runtime_symbols();
    const char* why = "it is no code generator";
    CodeGenerator* made = make == nullptr ? nullptr : make(KODIAK_JIT_BUILD, symbols.data(), symbols.size(), &why);
    if (made == nullptr) {
        return make_error(ErrorCode::kUnsupported, std::string("the code generator does not work: ") + why);
    }
    return made;
}

}  // namespace

Result<CodeGenerator*> open_code_generator(const std::string& path) {
    static std::mutex mutex;
    static std::map<std::string, CodeGenerator*> known;
    const std::lock_guard guard(mutex);
    CodeGenerator*& generator = known[path];
    if (generator == nullptr) {
        KODIAK_TRY_ASSIGN(generator, open(path));
    }
    return generator;
}

}  // namespace kodiak::language
