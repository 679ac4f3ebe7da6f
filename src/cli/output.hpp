#pragma once

// Output: a file descriptor with a buffer, for answers.
//
// What       write() collects, flush() hands over. A reader that went away is no error but a fact: closed() says so and
//            everything written later is dropped, so that the program can close its database before it ends.
// Errors     Any other failure of the descriptor (a full disk behind `> file`) is returned by flush() and write().
// Threads    One at a time.

#include <string>
#include <string_view>

#include "base/result/result.hpp"

namespace kodiak::cli {

class Output {
   public:
    explicit Output(int descriptor) : descriptor_(descriptor) {}
    // Adds to a text instead, which must outlive this.
    explicit Output(std::string& target) : target_(&target) {}
    // Adds text; hands the buffer over when it is large. kIo, kDiskFull.
    Status write(std::string_view text);
    // Hands everything over to the descriptor. kIo, kDiskFull.
    Status flush();
    // True when the reader of a pipe went away.
    bool closed() const { return closed_; }
    // True when a person reads along.
    bool is_terminal() const;
    // Columns of the terminal; 0 when it is none.
    size_t terminal_columns() const;

   private:
    int descriptor_ = -1;
    std::string* target_ = nullptr;
    bool closed_ = false;
    std::string buffer_;
};

}  // namespace kodiak::cli
