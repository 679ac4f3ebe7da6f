#pragma once

// Value: one value of code, 32 bytes: a bare number or a counted object, with a NULL flag.
//
// What       Integers up to 64 bits, BOOLEAN, dates, times, timestamps and positions of ENUM labels in 64 bits;
// HUGEINT,
//            UBIGINT and unscaled DECIMAL in 128; FLOAT and DOUBLE as double; INTERVAL as months, days, microseconds;
//            texts, lists and records as objects. A value does not know its type: whoever holds it does.
// Why        Registers of the interpreter hold values of one known type each, so arithmetic touches 16 bytes only.
// Threads    Counts are not atomic: a value and its copies belong to one thread at a time.
// Ownership  Objects are counted and freed with their last value. Each reports its bytes to the MemoryMeter of the run
//            that made it, and keeps the meter alive; crossing its limit is noticed by the run, never by the object.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/type.hpp"

namespace kodiak::language {

__extension__ typedef __int128 int128;

struct Interval {
    int32_t months = 0;
    int32_t days = 0;
    int64_t micros = 0;
};

// Counts the bytes of the objects of one run.
class MemoryMeter {
   public:
    explicit MemoryMeter(int64_t limit) : limit_(limit) {}
    void add(int64_t bytes) { used_ += bytes; }
    bool exceeded() const { return used_ > limit_; }
    bool would_exceed(int64_t bytes) const { return bytes > limit_ || used_ > limit_ - bytes; }
    int64_t used() const { return used_; }
    int64_t limit() const { return limit_; }

   private:
    int64_t limit_;
    int64_t used_ = 0;
};

class Value;

// What texts, lists and records have in common. Made by the functions below only.
class Object {
   public:
    enum class Kind : uint8_t { kText, kList, kRecord };
    Object(Kind kind, std::shared_ptr<MemoryMeter> meter) : kind_(kind), meter_(std::move(meter)) {}
    virtual ~Object() { meter_->add(-charged_); }
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    Kind kind() const { return kind_; }
    const std::shared_ptr<MemoryMeter>& meter() const { return meter_; }
    // Tells the meter how big the object is now.
    void charge(size_t bytes) {
        meter_->add(static_cast<int64_t>(bytes) - charged_);
        charged_ = static_cast<int64_t>(bytes);
    }

   private:
    friend class Value;
    Kind kind_;
    uint32_t references_ = 1;
    int64_t charged_ = 0;
    std::shared_ptr<MemoryMeter> meter_;
};

class Value {
   public:
    Value() = default;
    ~Value() { release(); }
    Value(const Value& other) : payload_(other.payload_), null_(other.null_), owned_(other.owned_) { retain(); }
    Value(Value&& other) noexcept : payload_(other.payload_), null_(other.null_), owned_(other.owned_) {
        other.owned_ = false;
        other.null_ = true;
    }
    Value& operator=(const Value& other) {
        if (this != &other) {
            Value copy(other);
            swap(copy);
        }
        return *this;
    }
    Value& operator=(Value&& other) noexcept {
        swap(other);
        return *this;
    }

    static Value integer(int64_t value) { return Value().set(value); }
    static Value boolean(bool value) { return Value().set(int64_t{value}); }
    static Value real(double value) { return Value().set(value); }
    static Value huge(int128 value) { return Value().set(value); }
    static Value interval(Interval value) { return Value().set(value); }
    // Takes over one reference.
    static Value object(Object* object) {
        Value value;
        value.payload_.object = object;
        value.null_ = false;
        value.owned_ = true;
        return value;
    }

    bool is_null() const { return null_; }
    // True for BOOLEAN true: neither false nor NULL.
    bool is_true() const { return !null_ && payload_.integer != 0; }
    bool is_false() const { return !null_ && payload_.integer == 0; }
    int64_t integer() const { return payload_.integer; }
    double real() const { return payload_.real; }
    int128 huge() const { return payload_.huge; }
    Interval interval() const { return payload_.interval; }
    // Requires: an object that is not NULL, of that kind.
    const std::string& text() const;
    const std::vector<Value>& items() const;
    const std::shared_ptr<const catalog::Type>& shape() const;
    Object* object() const { return payload_.object; }
    bool is_object() const { return owned_; }
    // True if this is the only value of its object, which then may be changed in place.
    bool is_sole() const { return owned_ && payload_.object->references_ == 1; }

    // Overwrite a bare value. Requires: no object.
    Value& set(int64_t value) {
        payload_.integer = value;
        null_ = false;
        return *this;
    }
    Value& set(double value) {
        payload_.real = value;
        null_ = false;
        return *this;
    }
    Value& set(int128 value) {
        payload_.huge = value;
        null_ = false;
        return *this;
    }
    Value& set(Interval value) {
        payload_.interval = value;
        null_ = false;
        return *this;
    }
    void set_null() {
        release();
        owned_ = false;
        null_ = true;
    }
    // Copies a bare value over a bare value.
    void copy_bare(const Value& other) {
        payload_ = other.payload_;
        null_ = other.null_;
    }

   private:
    union Payload {
        Payload() : huge(0) {}
        int64_t integer;
        double real;
        int128 huge;
        Interval interval;
        Object* object;
    };
    void retain() const {
        if (owned_) {
            ++payload_.object->references_;
        }
    }
    void release() {
        if (owned_ && --payload_.object->references_ == 0) {
            delete payload_.object;
        }
    }
    void swap(Value& other) noexcept {
        std::swap(payload_, other.payload_);
        std::swap(null_, other.null_);
        std::swap(owned_, other.owned_);
    }

    Payload payload_;
    bool null_ = true;
    bool owned_ = false;
};

class TextObject : public Object {
   public:
    TextObject(std::shared_ptr<MemoryMeter> meter, std::string value)
        : Object(Kind::kText, std::move(meter)), text(std::move(value)) {
        charge(sizeof *this + text.capacity());
    }
    std::string text;
};

class ListObject : public Object {
   public:
    ListObject(std::shared_ptr<MemoryMeter> meter, std::vector<Value> values)
        : Object(Kind::kList, std::move(meter)), items(std::move(values)) {
        recharge();
    }
    void recharge() { charge(sizeof *this + items.capacity() * sizeof(Value)); }
    std::vector<Value> items;
};

class RecordObject : public Object {
   public:
    RecordObject(std::shared_ptr<MemoryMeter> meter, std::shared_ptr<const catalog::Type> type,
                 std::vector<Value> values)
        : Object(Kind::kRecord, std::move(meter)), shape(std::move(type)), fields(std::move(values)) {
        charge(sizeof *this + fields.capacity() * sizeof(Value));
    }
    std::shared_ptr<const catalog::Type> shape;  // a STRUCT: names and types of the fields
    std::vector<Value> fields;
};

using Meter = std::shared_ptr<MemoryMeter>;

Value text_value(const Meter& meter, std::string text);
Value list_value(const Meter& meter, std::vector<Value> items);
Value record_value(const Meter& meter, std::shared_ptr<const catalog::Type> shape, std::vector<Value> fields);

// Compares two values of one type that are not NULL: negative, 0, positive; NaN is the greatest number and equal to
// itself, NULLs inside of lists and records come last. INTERVALs compare by length with months of 30 days.
int compare_values(const Value& left, const Value& right, const catalog::Type& type);

}  // namespace kodiak::language
