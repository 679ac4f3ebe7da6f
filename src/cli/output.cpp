#include "cli/output.hpp"

#include <cerrno>
#include <cstring>

#include <sys/ioctl.h>
#include <unistd.h>

namespace kodiak::cli {

namespace {
constexpr size_t kBufferBytes = size_t{1} << 16;
}

Status Output::write(std::string_view text) {
    if (closed_) {
        return {};
    }
    buffer_ += text;
    return buffer_.size() < kBufferBytes ? Status{} : flush();
}

Status Output::flush() {
    if (target_ != nullptr) {
        *target_ += buffer_;
        buffer_.clear();
        return {};
    }
    size_t written = 0;
    while (written < buffer_.size() && !closed_) {
        ssize_t count = ::write(descriptor_, buffer_.data() + written, buffer_.size() - written);
        if (count >= 0) {
            written += static_cast<size_t>(count);
        } else if (errno == EPIPE) {
            closed_ = true;
        } else if (errno != EINTR) {
            int problem = errno;
            buffer_.clear();
            return make_error(problem == ENOSPC ? ErrorCode::kDiskFull : ErrorCode::kIo,
                              std::string("cannot write the answer: ") + std::strerror(problem));
        }
    }
    buffer_.clear();
    return {};
}

bool Output::is_terminal() const { return ::isatty(descriptor_) == 1; }

size_t Output::terminal_columns() const {
    winsize size{};
    return is_terminal() && ::ioctl(descriptor_, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace kodiak::cli
