#include <random>

#include <gtest/gtest.h>

#include "catalog/catalog_state.hpp"

namespace kodiak::catalog {
namespace {

Type type_of(TypeKind kind) {
    Type type;
    type.kind = kind;
    return type;
}

Type list_of(Type child) {
    Type type = type_of(TypeKind::kList);
    type.children.push_back({"", std::move(child)});
    return type;
}

std::string bytes_of(const Type& type) {
    std::string bytes;
    ByteWriter writer(bytes);
    encode_type(type, writer);
    return bytes;
}

// A well-formed type of a kind, with parameters where it has any.
Type sample(TypeKind kind) {
    Type type = type_of(kind);
    switch (kind) {
        case TypeKind::kDecimal:
            type.decimal_width = 18;
            type.decimal_scale = 3;
            break;
        case TypeKind::kEnum: type.labels = {"sad", "ok", "happy", ""}; break;
        case TypeKind::kArray: type.array_length = 300; [[fallthrough]];
        case TypeKind::kList: type.children = {{"", type_of(TypeKind::kInteger)}}; break;
        case TypeKind::kMap:
            type.children = {{"", type_of(TypeKind::kVarchar)}, {"", list_of(type_of(TypeKind::kDate))}};
            break;
        case TypeKind::kStruct:
        case TypeKind::kUnion:
            type.children = {{"a", type_of(TypeKind::kBoolean)}, {"B c", list_of(type_of(TypeKind::kDouble))}};
            break;
        default: break;
    }
    return type;
}

TEST(TypeBytes, EveryKindReadsBack) {
    for (int kind = 1; kind <= static_cast<int>(TypeKind::kSqlNull); ++kind) {
        for (const bool dressed : {false, true}) {
            Type type = sample(static_cast<TypeKind>(kind));
            if (dressed) {
                type.alias = "mood";
                type.collation = "NOCASE";
                type.extra = std::string("x\0y", 3);
            }
            const std::string bytes = bytes_of(type);
            ByteReader reader(bytes);
            const Result<Type> back = decode_type(reader);
            ASSERT_TRUE(back.ok()) << kind << ": " << back.error().message;
            EXPECT_EQ(*back, type) << kind;
            EXPECT_TRUE(reader.at_end());
        }
    }
}

TEST(TypeBytes, NestingIsLimitedToAThousand) {
    Type type = type_of(TypeKind::kInteger);
    for (int depth = 2; depth <= 1000; ++depth) {
        type = list_of(std::move(type));
    }
    const std::string good = bytes_of(type);
    ByteReader reader(good);
    const Result<Type> back = decode_type(reader);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, type);
    const std::string deep = bytes_of(list_of(std::move(type)));
    ByteReader deep_reader(deep);
    const Result<Type> refused = decode_type(deep_reader);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kCorruption);
}

TEST(TypeBytes, BytesAreFrozen) {
    Type type = sample(TypeKind::kDecimal);
    type.alias = "m";
    EXPECT_EQ(bytes_of(type), std::string("\x0e\x01\x12\x03\x01m", 6));
    EXPECT_EQ(bytes_of(list_of(type_of(TypeKind::kVarchar))), std::string("\x1f\x00\x01\x00\x1a\x00", 6));
}

TEST(TypePhysical, FollowsParameters) {
    Type decimal = type_of(TypeKind::kDecimal);
    const std::pair<int, Physical> widths[] = {{4, Physical::kInt16},  {5, Physical::kInt32},   {9, Physical::kInt32},
                                               {10, Physical::kInt64}, {18, Physical::kInt64},  {19, Physical::kInt128},
                                               {38, Physical::kInt128}};
    for (const auto& [width, physical] : widths) {
        decimal.decimal_width = static_cast<uint8_t>(width);
        EXPECT_EQ(decimal.physical(), physical) << width;
    }
    Type labels = type_of(TypeKind::kEnum);
    labels.labels.resize(255);
    EXPECT_EQ(labels.physical(), Physical::kUint8);
    labels.labels.resize(256);
    EXPECT_EQ(labels.physical(), Physical::kUint16);
    EXPECT_TRUE(sample(TypeKind::kVariant).is_nested());
    EXPECT_FALSE(sample(TypeKind::kBlob).is_nested());
}

TEST(Widening, IsLosslessOnlyWhereEveryValueFits) {
    const auto widens = [](TypeKind from, TypeKind to) { return is_lossless_widening(type_of(from), type_of(to)); };
    EXPECT_TRUE(widens(TypeKind::kInteger, TypeKind::kBigInt));
    EXPECT_TRUE(widens(TypeKind::kUInteger, TypeKind::kBigInt));
    EXPECT_TRUE(widens(TypeKind::kUBigInt, TypeKind::kHugeInt));
    EXPECT_TRUE(widens(TypeKind::kFloat, TypeKind::kDouble));
    EXPECT_FALSE(widens(TypeKind::kBigInt, TypeKind::kInteger));
    EXPECT_FALSE(widens(TypeKind::kUInteger, TypeKind::kInteger));
    EXPECT_FALSE(widens(TypeKind::kTinyInt, TypeKind::kUInteger));
    EXPECT_FALSE(widens(TypeKind::kInteger, TypeKind::kDouble));
    EXPECT_FALSE(widens(TypeKind::kVarchar, TypeKind::kBlob));
    Type decimal = sample(TypeKind::kDecimal);
    Type wider = decimal;
    wider.decimal_width = 38;
    EXPECT_TRUE(is_lossless_widening(decimal, wider));
    wider.decimal_scale = 4;
    EXPECT_FALSE(is_lossless_widening(decimal, wider));
    Type labels = sample(TypeKind::kEnum);
    Type more = labels;
    more.labels.push_back("new");
    EXPECT_TRUE(is_lossless_widening(labels, more));
    EXPECT_FALSE(is_lossless_widening(more, labels));
    std::swap(more.labels[0], more.labels[1]);
    EXPECT_FALSE(is_lossless_widening(labels, more));
}

CatalogObject object_of(ObjectKind kind, uint64_t id, const std::string& name) {
    CatalogObject object;
    object.id = ObjectId(id);
    object.kind = kind;
    object.schema = kind == ObjectKind::kSchema ? kNoObject : kMainSchema;
    object.name = name;
    object.comment = "about " + name;
    object.tags = {{"owner", "ann"}, {"", ""}};
    object.depends_on = {ObjectId(7), ObjectId(uint64_t{5} << 32 | 9)};
    return object;
}

TableDefinition sample_table() {
    TableDefinition table;
    table.schema_version = SchemaVersion(4);
    table.next_column_id = ColumnId(12);
    table.columns.push_back({ColumnId(9), "B", sample(TypeKind::kStruct), false, "", "", "\x01z", "a comment"});
    table.columns.push_back({ColumnId(2), "a", type_of(TypeKind::kBigInt), true, "1 + 1", "", "", ""});
    table.columns.push_back({ColumnId(3), "g", type_of(TypeKind::kBigInt), false, "", "a * 2", "", ""});
    table.keys = {{"pk", {ColumnId(2)}, true}, {"", {ColumnId(9), ColumnId(2)}, false}};
    table.checks = {{"positive", "a > 0"}};
    table.foreign_keys = {{"fk", {ColumnId(2)}, ObjectId(2000), {ColumnId(1)}, ReferentialAction::kCascade,
                           ReferentialAction::kSetDefault, {std::string("\x00z", 2)}}};
    table.options = {{"table_type", "cow"}};
    return table;
}

std::vector<CatalogObject> sample_objects() {
    std::vector<CatalogObject> objects;
    objects.push_back(object_of(ObjectKind::kSchema, 20, "s"));
    objects.push_back(object_of(ObjectKind::kTable, 1024, "T"));
    objects.back().definition = sample_table();
    for (const ObjectKind kind : {ObjectKind::kView, ObjectKind::kScalarMacro, ObjectKind::kTableMacro}) {
        objects.push_back(object_of(kind, 1030 + static_cast<uint64_t>(kind), "v"));
        objects.back().definition = SqlDefinition{"CREATE VIEW v AS SELECT 1"};
    }
    objects.push_back(object_of(ObjectKind::kSequence, 1040, "q"));
    objects.back().definition = SequenceDefinition{5, -2, INT64_MIN, 100, true, ObjectId(1024)};
    objects.push_back(object_of(ObjectKind::kType, 1041, "mood"));
    objects.back().definition = TypeDefinition{sample(TypeKind::kEnum)};
    objects.push_back(object_of(ObjectKind::kIndex, 1042, "i"));
    objects.back().definition = IndexDefinition{ObjectId(1024), {ColumnId(2)}, true, "CREATE INDEX"};
    objects.push_back(object_of(ObjectKind::kRoutine, 1043, "f"));
    objects.back().definition = RoutineDefinition{{"CREATE FUNCTION f() ...", "CREATE FUNCTION f(x INT) ..."}};
    objects.push_back(object_of(ObjectKind::kTest, 1044, "t_f"));
    objects.back().definition = SqlDefinition{"CREATE TEST t_f ..."};
    objects.push_back(object_of(ObjectKind::kTrigger, 1045, "g"));
    objects.back().definition = TriggerDefinition{ObjectId(1024), false, "CREATE TRIGGER g ..."};
    return objects;
}

CatalogObject shell_of(const CatalogObject& object) {
    CatalogObject shell;
    shell.id = object.id;
    shell.kind = object.kind;
    shell.schema = object.schema;
    shell.name = object.name;
    return shell;
}

TEST(DefinitionBytes, EveryKindReadsBack) {
    for (const CatalogObject& object : sample_objects()) {
        CatalogObject back = shell_of(object);
        const Status status = decode_definition(encode_definition(object), back);
        ASSERT_TRUE(status.ok()) << object.name << ": " << status.error().message;
        EXPECT_EQ(back, object) << object.name;
    }
}

TEST(DefinitionBytes, LaterFormatIsNamedAsSuch) {
    const CatalogObject object = sample_objects()[1];
    std::string bytes = encode_definition(object);
    bytes[0] = 2;
    CatalogObject back = shell_of(object);
    const Status status = decode_definition(bytes, back);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kVersionTooNew);
}

TEST(DefinitionBytes, EveryCutIsCorruption) {
    for (const CatalogObject& object : sample_objects()) {
        const std::string bytes = encode_definition(object);
        for (size_t length = 0; length < bytes.size(); ++length) {
            CatalogObject back = shell_of(object);
            EXPECT_FALSE(decode_definition(std::string_view(bytes).substr(0, length), back).ok()) << length;
        }
        CatalogObject back = shell_of(object);
        EXPECT_FALSE(decode_definition(bytes + '\0', back).ok());
    }
}

TEST(DefinitionBytes, HostileBytesNeverCrashAndReadBackEqual) {
    const uint64_t seed = 20261;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::vector<CatalogObject> objects = sample_objects();
    for (int round = 0; round < 20'000; ++round) {
        const CatalogObject& object = objects[random() % objects.size()];
        std::string bytes = encode_definition(object);
        for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        CatalogObject back = shell_of(object);
        if (decode_definition(bytes, back).ok()) {
            CatalogObject again = shell_of(object);
            ASSERT_TRUE(decode_definition(encode_definition(back), again).ok());
            ASSERT_EQ(again, back);
        }
    }
}

TEST(TableDefinition, FindsColumnsByIdAndFoldedName) {
    const TableDefinition table = sample_table();
    EXPECT_EQ(table.find_column(ColumnId(2))->name, "a");
    EXPECT_EQ(table.find_column(std::string("b"))->id, ColumnId(9));
    EXPECT_EQ(table.find_column(std::string("nope")), nullptr);
    EXPECT_EQ(table.primary_key()->name, "pk");
    const auto stored = table.stored_columns();
    ASSERT_EQ(stored.size(), 2u);
    EXPECT_EQ(stored[0]->name, "a");
    EXPECT_EQ(stored[1]->name, "B");
}

TEST(CatalogState, ChangesLeaveOlderStatesAlone) {
    const auto empty = CatalogState::empty();
    const auto one = empty->with(object_of(ObjectKind::kSequence, 1024, "Seq"));
    const auto renamed = one->with(object_of(ObjectKind::kSequence, 1024, "other"));
    const auto gone = renamed->without(ObjectId(1024));
    EXPECT_EQ(empty->size(), 0u);
    EXPECT_NE(one->find(NameSpace::kSequences, kMainSchema, "sEQ"), nullptr);
    EXPECT_EQ(one->find(NameSpace::kSequences, kMainSchema, "sEQ")->name, "Seq");
    EXPECT_EQ(renamed->find(NameSpace::kSequences, kMainSchema, "seq"), nullptr);
    EXPECT_NE(renamed->find(NameSpace::kSequences, kMainSchema, "OTHER"), nullptr);
    EXPECT_EQ(gone->find(ObjectId(1024)), nullptr);
    EXPECT_EQ(gone->find(NameSpace::kSequences, kMainSchema, "other"), nullptr);
    EXPECT_NE(one->version(), renamed->version());
    EXPECT_NE(empty->version(), gone->version());
    EXPECT_EQ(gone->without(ObjectId(1024))->version(), gone->version());
}

TEST(CatalogState, NameSpacesAreApart) {
    const auto state = CatalogState::empty()
                           ->with(object_of(ObjectKind::kSequence, 1024, "x"))
                           ->with(object_of(ObjectKind::kView, 1025, "x"))
                           ->with(object_of(ObjectKind::kSchema, 1026, "x"));
    EXPECT_EQ(state->find(NameSpace::kSequences, kMainSchema, "x")->id, ObjectId(1024));
    EXPECT_EQ(state->find(NameSpace::kRelations, kMainSchema, "x")->id, ObjectId(1025));
    EXPECT_EQ(state->find_schema("X")->id, ObjectId(1026));
    EXPECT_EQ(state->find(NameSpace::kRelations, ObjectId(99), "x"), nullptr);
    EXPECT_EQ(state->list(ObjectKind::kView).size(), 1u);
    EXPECT_TRUE(state->list(ObjectKind::kView, ObjectId(99)).empty());
}

TEST(CatalogState, DependentsAreForeignKeysIndexesAndNamedOnes) {
    CatalogObject parent = object_of(ObjectKind::kTable, 2000, "parent");
    parent.depends_on.clear();
    TableDefinition self = sample_table();
    self.foreign_keys[0].referenced_table = ObjectId(2000);
    parent.definition = self;
    CatalogObject child = object_of(ObjectKind::kTable, 1999, "child");
    child.depends_on.clear();
    child.definition = sample_table();
    CatalogObject index = object_of(ObjectKind::kIndex, 2002, "i");
    index.depends_on.clear();
    index.definition = IndexDefinition{ObjectId(2000), {ColumnId(2)}, false, ""};
    CatalogObject view = object_of(ObjectKind::kView, 2003, "v");
    view.depends_on = {ObjectId(2000)};
    view.definition = SqlDefinition{"x"};
    const auto state = CatalogState::empty()->with(view)->with(index)->with(parent)->with(child);
    std::vector<uint64_t> found;
    for (const ObjectPtr& object : state->dependents_of(ObjectId(2000))) {
        found.push_back(object->id.value);
    }
    EXPECT_EQ(found, (std::vector<uint64_t>{1999, 2002, 2003}));
}

}  // namespace
}  // namespace kodiak::catalog
