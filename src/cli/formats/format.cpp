#include "cli/formats/format.hpp"

#include <algorithm>

#include "cli/formats/box_format.hpp"
#include "cli/formats/json_format.hpp"
#include "cli/formats/text_formats.hpp"

namespace kodiak::cli {

std::optional<FormatKind> format_named(std::string_view name) {
    auto found = std::find(kFormatNames.begin(), kFormatNames.end(), name);
    if (found == kFormatNames.end()) {
        return std::nullopt;
    }
    return static_cast<FormatKind>(found - kFormatNames.begin());
}

std::unique_ptr<database::ResultSink> make_format(FormatKind kind, Output& output) {
    switch (kind) {
        case FormatKind::kBox:
            return std::make_unique<BoxFormat>(output);
        case FormatKind::kCsv:
            return std::make_unique<CsvFormat>(output);
        case FormatKind::kJson:
            return std::make_unique<JsonFormat>(output, JsonFormat::Layout::kArray);
        case FormatKind::kJsonl:
            return std::make_unique<JsonFormat>(output, JsonFormat::Layout::kLines);
        case FormatKind::kMarkdown:
            return std::make_unique<MarkdownFormat>(output);
        case FormatKind::kLine:
            break;
    }
    return std::make_unique<LineFormat>(output);
}

}  // namespace kodiak::cli
