// Typed storage reached through tables: presence, creation and comparison.
// Rule: the switch over kinds here is the only place that knows how a struct holds a scalar.
#include "aws/shape.h"

#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"

namespace meridian::aws {

namespace {

template <typename T>
const void* find_scalar(const void* place, Holder holder) {
  if (holder == Holder::Plain) return place;
  const auto& optional = *static_cast<const std::optional<T>*>(place);
  return optional ? &*optional : nullptr;
}

template <typename T>
void* emplace_scalar(void* place, Holder holder) {
  if (holder == Holder::Plain) return place;
  return &static_cast<std::optional<T>*>(place)->emplace();
}

template <typename T>
bool same(const void* a, const void* b) {
  return *static_cast<const T*>(a) == *static_cast<const T*>(b);
}

bool equal_values(const Shape& shape, const void* a, const void* b);

bool equal_structures(const Shape& shape, const void* a, const void* b) {
  for (const Member& member : shape.members) {
    const void* left = find(member, a);
    const void* right = find(member, b);
    if ((left == nullptr) != (right == nullptr)) return false;
    if (left && !equal_values(*member.shape, left, right)) return false;
  }
  return true;
}

bool equal_lists(const Shape& shape, const void* a, const void* b) {
  std::size_t count = shape.storage->count(a);
  if (count != shape.storage->count(b)) return false;
  for (std::size_t i = 0; i < count; ++i)
    if (!equal_values(*shape.element, shape.storage->at(a, i), shape.storage->at(b, i))) return false;
  return true;
}

bool equal_maps(const Shape& shape, const void* a, const void* b) {
  using Entries = std::vector<std::pair<const std::string*, const void*>>;
  auto entries_of = [&](const void* map) {
    Entries entries;
    shape.storage->visit(map, &entries, [](void* context, const std::string& key, const void* value) {
      static_cast<Entries*>(context)->emplace_back(&key, value);
    });
    return entries;
  };
  Entries left = entries_of(a), right = entries_of(b);
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i)
    if (*left[i].first != *right[i].first || !equal_values(*shape.element, left[i].second, right[i].second))
      return false;
  return true;
}

bool equal_values(const Shape& shape, const void* a, const void* b) {
  switch (shape.kind) {
    case Kind::Boolean:
      return same<bool>(a, b);
    case Kind::Integer:
      return same<std::int32_t>(a, b);
    case Kind::Long:
      return same<std::int64_t>(a, b);
    case Kind::Float:
      return same<float>(a, b);
    case Kind::Double:
      return same<double>(a, b);
    case Kind::String:
    case Kind::Blob:
      return same<std::string>(a, b);
    case Kind::Timestamp:
      return same<SystemTime>(a, b);
    case Kind::Structure:
      return equal_structures(shape, a, b);
    case Kind::List:
      return equal_lists(shape, a, b);
    case Kind::Map:
      return equal_maps(shape, a, b);
  }
  return false;
}

template <typename T>
void assign(const void* from, void* to) {
  *static_cast<T*>(to) = *static_cast<const T*>(from);
}

// Into a fresh value. A copy constructor of each structure would cost seconds of compile time a service.
void copy_value(const Shape& shape, const void* from, void* to) {
  switch (shape.kind) {
    case Kind::Boolean:
      return assign<bool>(from, to);
    case Kind::Integer:
      return assign<std::int32_t>(from, to);
    case Kind::Long:
      return assign<std::int64_t>(from, to);
    case Kind::Float:
      return assign<float>(from, to);
    case Kind::Double:
      return assign<double>(from, to);
    case Kind::String:
    case Kind::Blob:
      return assign<std::string>(from, to);
    case Kind::Timestamp:
      return assign<SystemTime>(from, to);
    case Kind::Structure:
      for (const Member& member : shape.members)
        if (const void* part = find(member, from)) copy_value(*member.shape, part, emplace(member, to));
      return;
    case Kind::List:
      for (std::size_t i = 0; i < shape.storage->count(from); ++i)
        copy_value(*shape.element, shape.storage->at(from, i), shape.storage->append(to));
      return;
    case Kind::Map: {
      struct Context {
        const Shape& shape;
        void* to;
      } context{shape, to};
      shape.storage->visit(from, &context, [](void* raw, const std::string& key, const void* value) {
        auto& [map, target] = *static_cast<Context*>(raw);
        copy_value(*map.element, value, map.storage->insert(target, key));
      });
    }
  }
}

}  // namespace

const void* find(const Member& member, const void* structure) {
  const void* place = static_cast<const char*>(structure) + member.offset;
  switch (member.shape->kind) {
    case Kind::Boolean:
      return find_scalar<bool>(place, member.holder);
    case Kind::Integer:
      return find_scalar<std::int32_t>(place, member.holder);
    case Kind::Long:
      return find_scalar<std::int64_t>(place, member.holder);
    case Kind::Float:
      return find_scalar<float>(place, member.holder);
    case Kind::Double:
      return find_scalar<double>(place, member.holder);
    case Kind::String:
    case Kind::Blob:
      return find_scalar<std::string>(place, member.holder);
    case Kind::Timestamp:
      return find_scalar<SystemTime>(place, member.holder);
    case Kind::Structure:
    case Kind::List:
    case Kind::Map:
      break;
  }
  switch (member.holder) {
    case Holder::Plain:
      return place;
    case Holder::Optional:
      return member.shape->storage->get(place);
    case Holder::Boxed:
      return member.shape->storage->get_boxed(place);
  }
  return nullptr;
}

void* emplace(const Member& member, void* structure) {
  void* place = static_cast<char*>(structure) + member.offset;
  switch (member.shape->kind) {
    case Kind::Boolean:
      return emplace_scalar<bool>(place, member.holder);
    case Kind::Integer:
      return emplace_scalar<std::int32_t>(place, member.holder);
    case Kind::Long:
      return emplace_scalar<std::int64_t>(place, member.holder);
    case Kind::Float:
      return emplace_scalar<float>(place, member.holder);
    case Kind::Double:
      return emplace_scalar<double>(place, member.holder);
    case Kind::String:
    case Kind::Blob:
      return emplace_scalar<std::string>(place, member.holder);
    case Kind::Timestamp:
      return emplace_scalar<SystemTime>(place, member.holder);
    case Kind::Structure:
    case Kind::List:
    case Kind::Map:
      break;
  }
  switch (member.holder) {
    case Holder::Plain:
      return place;
    case Holder::Optional:
      return member.shape->storage->emplace(place);
    case Holder::Boxed:
      return member.shape->storage->emplace_boxed(place);
  }
  return nullptr;
}

const Member* message_member(const Shape& error) {
  for (const Member& member : error.members)
    if (member.shape->kind == Kind::String && to_lower(member.name) == "message") return &member;
  return nullptr;
}

Value::Value(const Shape& structure) : shape_(&structure) {
  CHECK(structure.storage && structure.storage->create);
  data_ = structure.storage->create();
}

Value::Value(const Shape& structure, const void* copied) : Value(structure) {
  copy_value(structure, copied, data_);
}

Value::Value(const Value& other) {
  if (other.shape_) *this = Value(*other.shape_, other.data_);
}

Value::Value(Value&& other) noexcept
    : shape_(std::exchange(other.shape_, nullptr)), data_(std::exchange(other.data_, nullptr)) {}

Value& Value::operator=(Value other) noexcept {
  std::swap(shape_, other.shape_);
  std::swap(data_, other.data_);
  return *this;
}

Value::~Value() {
  if (shape_) shape_->storage->destroy(data_);
}

bool Value::operator==(const Value& other) const {
  if (shape_ != other.shape_) return false;
  return !shape_ || equal_values(*shape_, data_, other.data_);
}

}  // namespace meridian::aws
