#include "catalog/statement_notes.hpp"

#include <gtest/gtest.h>

namespace kodiak::catalog {
namespace {

TEST(StatementNotes, NamesAloneDoNotMatter) {
    StatementNotes notes;
    notes.kind = StatementNotes::Kind::kCreateTable;
    notes.key_names = {"a"};
    notes.foreign_keys.push_back({"b", ReferentialAction::kNoAction, ReferentialAction::kRestrict});
    EXPECT_FALSE(notes.matter());
    notes.foreign_keys[0].on_update = ReferentialAction::kSetNull;
    EXPECT_TRUE(notes.matter());
    notes.foreign_keys.clear();
    notes.options = {{"retention", "1h"}};
    EXPECT_TRUE(notes.matter());
}

CatalogObject child(ReferentialAction on_delete, std::vector<std::string> defaults) {
    CatalogObject object;
    object.kind = ObjectKind::kTable;
    TableDefinition table;
    ForeignKeyConstraint key;
    key.name = "k";
    key.columns = {ColumnId(1), ColumnId(2)};
    key.referenced = {ColumnId(1), ColumnId(2)};
    key.on_delete = on_delete;
    key.defaults = std::move(defaults);
    table.foreign_keys.push_back(key);
    table.foreign_keys.push_back(key);
    object.definition = table;
    return object;
}

TEST(ForeignKey, DefaultsOfSetDefaultAreKept) {
    const CatalogObject object = child(ReferentialAction::kSetDefault, {std::string("\0x", 2), ""});
    CatalogObject read;
    read.kind = ObjectKind::kTable;
    ASSERT_TRUE(decode_definition(encode_definition(object), read).ok());
    EXPECT_EQ(read.definition, object.definition);
}

TEST(ForeignKey, OtherActionsTakeNoRoomForDefaults) {
    const CatalogObject object = child(ReferentialAction::kCascade, {});
    CatalogObject read;
    read.kind = ObjectKind::kTable;
    ASSERT_TRUE(decode_definition(encode_definition(object), read).ok());
    EXPECT_EQ(read.definition, object.definition);
    EXPECT_EQ(encode_definition(child(ReferentialAction::kSetDefault, {"", ""})).size(),
              encode_definition(object).size() + 4);
}

}  // namespace
}  // namespace kodiak::catalog
