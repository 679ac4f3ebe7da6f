#include "engine/errors/errors.hpp"

#include <gtest/gtest.h>

#include "duckdb/common/exception/binder_exception.hpp"
#include "duckdb/common/exception/catalog_exception.hpp"
#include "duckdb/common/exception/conversion_exception.hpp"
#include "duckdb/common/exception/transaction_exception.hpp"

namespace kodiak::engine {
namespace {

Error thrown_and_caught(const Error& error) {
    try {
        throw_error(error);
    } catch (const std::exception& exception) {
        return from_exception(exception);
    }
}

TEST(Errors, EveryCodeSurvivesTheRoundTripThroughDuckDb) {
    for (unsigned number = 0; number <= static_cast<unsigned>(ErrorCode::kUndefinedParameter); ++number) {
        const auto code = static_cast<ErrorCode>(number);
        const Error back =
            thrown_and_caught(make_error(code, "it went \"wrong\"\nbadly").with_detail("A {detail}.").with_hint("Go."));
        EXPECT_EQ(back.code, code);
        EXPECT_EQ(back.message, "it went \"wrong\"\nbadly");
        EXPECT_EQ(back.detail, "A {detail}.");
        EXPECT_EQ(back.hint, "Go.");
    }
}

TEST(Errors, NoErrorOfOursMakesDuckDbRefuseFurtherWork) {
    for (unsigned number = 0; number <= static_cast<unsigned>(ErrorCode::kUndefinedParameter); ++number) {
        const auto data = to_error_data(make_error(static_cast<ErrorCode>(number), "x"));
        EXPECT_FALSE(duckdb::Exception::InvalidatesDatabase(data.Type()));
        EXPECT_NE(data.Type(), duckdb::ExceptionType::INTERNAL);
    }
}

TEST(Errors, JsonFormIsReadBack) {
    auto data = to_error_data(make_error(ErrorCode::kSequenceLimit, "no more").with_hint("Stop."));
    data.ConvertErrorToJSON();
    const Error back = from_duckdb(data);
    EXPECT_EQ(back.code, ErrorCode::kSequenceLimit);
    EXPECT_EQ(back.message, "no more");
    EXPECT_EQ(back.hint, "Stop.");
}

TEST(Errors, DuckDbTypesMapToCodes) {
    EXPECT_EQ(from_exception(duckdb::ConversionException("bad text")).code, ErrorCode::kInvalidText);
    EXPECT_EQ(from_exception(duckdb::OutOfRangeException("too big")).code, ErrorCode::kOutOfRange);
    EXPECT_EQ(from_exception(duckdb::NotImplementedException("no")).code, ErrorCode::kUnsupported);
    EXPECT_EQ(from_exception(duckdb::InterruptException()).code, ErrorCode::kCancelled);
    EXPECT_EQ(from_exception(duckdb::OutOfMemoryException("full")).code, ErrorCode::kOutOfMemory);
    EXPECT_EQ(from_exception(duckdb::TransactionException("conflict")).code, ErrorCode::kSerializationFailure);
    EXPECT_EQ(from_exception(std::bad_alloc()).code, ErrorCode::kOutOfMemory);
}

TEST(Errors, WordingTellsConditionsOfOneTypeApart) {
    using duckdb::BinderException;
    using duckdb::ConversionException;
    const auto code = [](const std::exception& exception) { return from_exception(exception).code; };
    EXPECT_EQ(code(BinderException("LIMIT/OFFSET cannot be negative")), ErrorCode::kInvalidValue);
    EXPECT_EQ(code(ConversionException("date field value out of range: \"2023-02-29\"")),
              ErrorCode::kDatetimeOutOfRange);
    EXPECT_EQ(code(ConversionException("invalid date field format: \"x\", expected format is (YYYY-MM-DD)")),
              ErrorCode::kInvalidDatetimeFormat);
    EXPECT_EQ(code(ConversionException("the value is out of range for INT8")), ErrorCode::kOutOfRange);
}

TEST(Errors, QuotedTextDoesNotDecideTheCode) {
    const auto code = [](const char* text) { return from_exception(duckdb::ConversionException(text)).code; };
    EXPECT_EQ(code("Could not convert string 'out of range' to INT32"), ErrorCode::kInvalidText);
    EXPECT_EQ(code("Could not convert string 'it's out of range' to INT32"), ErrorCode::kInvalidText);
    EXPECT_EQ(code("it can't be cast because it is out of range"), ErrorCode::kOutOfRange);
    EXPECT_EQ(code("an open \"quote, out of range"), ErrorCode::kOutOfRange);
    EXPECT_EQ(code("ends with a \""), ErrorCode::kInvalidText);
}

TEST(Errors, MissingAndDuplicateEntriesAreToldApart) {
    using duckdb::CatalogException;
    using duckdb::CatalogType;
    EXPECT_EQ(from_exception(CatalogException::MissingEntry(CatalogType::TABLE_ENTRY, "t", "")).code,
              ErrorCode::kUndefinedTable);
    EXPECT_EQ(from_exception(CatalogException::MissingEntry(CatalogType::SEQUENCE_ENTRY, "t", "")).code,
              ErrorCode::kUndefinedObject);
    EXPECT_EQ(from_exception(CatalogException::EntryAlreadyExists(CatalogType::VIEW_ENTRY, "t")).code,
              ErrorCode::kDuplicateTable);
    EXPECT_EQ(from_exception(CatalogException::EntryAlreadyExists(CatalogType::INDEX_ENTRY, "t")).code,
              ErrorCode::kDuplicateObject);
}

TEST(Errors, SuggestionsBecomeTheHint) {
    const Error error =
        from_exception(duckdb::CatalogException::MissingEntry(duckdb::CatalogType::TABLE_ENTRY, "tabel", "table1"));
    EXPECT_EQ(error.message, "Table with name tabel does not exist!");
    EXPECT_EQ(error.hint, "Did you mean \"table1\"?");
}

TEST(Errors, PositionCountsCharactersNotBytes) {
    const duckdb::BinderException exception(duckdb::Exception::InitializeExtraInfo(duckdb::optional_idx(19)),
                                            "no such column");
    const Error error = from_exception(exception, "SELECT 1,\n  'é', nope\nFROM t");
    EXPECT_EQ(error.position.line, 2u);
    EXPECT_EQ(error.position.column, 9u);
    EXPECT_EQ(error.line_text, "  'é', nope");
}

TEST(Errors, PositionBeyondTheTextIsIgnored) {
    const duckdb::BinderException exception(duckdb::Exception::InitializeExtraInfo(duckdb::optional_idx(99)), "x");
    EXPECT_EQ(from_exception(exception, "SELECT").position.line, 0u);
}

}  // namespace
}  // namespace kodiak::engine
