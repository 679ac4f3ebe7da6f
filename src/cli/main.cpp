#include <string>
#include <vector>

#include "cli/program.hpp"

int main(int argument_count, char** arguments) {
    std::vector<std::string> words(arguments + (argument_count > 0 ? 1 : 0), arguments + argument_count);
    return kodiak::cli::run_program(words);
}
