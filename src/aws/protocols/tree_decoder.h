// A parsed tree of JSON or CBOR into a generated struct: the walk is the same for both, what counts as a
// number, a timestamp or a blob is the Format's. Rule: unknown members are skipped and an absent value (null)
// is a member that did not come; a value of another type is refused. What the model demands beyond types is
// the business of Violations.
#pragma once

#include <optional>

#include "aws/error.h"
#include "aws/protocols/constraints.h"
#include "aws/protocols/decoded_bytes.h"

namespace meridian::aws {

enum class Members : std::uint8_t { All, OfBody };

// Format has: Tree; array(tree) and fields(tree), null when it is none; field(tree, member), null when it is
// not there; is_absent(tree); integer<T>(tree), number(tree), timestamp(tree) and blob(tree), nullopt when it
// is none; mismatch(tree, shape, at).
template <typename Format>
class TreeDecoder {
 public:
  using Tree = typename Format::Tree;

  // `violations` is null on the client's side, where nothing is checked and a null in a list is skipped.
  explicit TreeDecoder(Violations* violations) : violations_(violations) {}

  Outcome<void> structure(const Tree& tree, const Shape& shape, void* place, const Path& at, Members which) {
    if (!Format::fields(tree)) return Format::mismatch(tree, shape, at);
    for (const Member& member : shape.members) {
      if (which == Members::OfBody && member.location != Location::Body) continue;
      const Tree* field = Format::field(tree, member);
      if (!field || Format::is_absent(*field)) {
        if (member.required && violations_) violations_->missing(at, member);
        continue;
      }
      TRY(value(*field, *member.shape, emplace(member, place), Path{.parent = &at, .member = member.name}));
    }
    return {};
  }

 private:
  Outcome<void> value(const Tree& tree, const Shape& shape, void* place, const Path& at) {
    switch (shape.kind) {
      case Kind::Structure:
        return structure(tree, shape, place, at, Members::All);
      case Kind::List:
        return list(tree, shape, place, at);
      case Kind::Map:
        return map(tree, shape, place, at);
      default:
        if (scalar(tree, shape, place)) return {};
        return Format::mismatch(tree, shape, at);
    }
  }

  static bool scalar(const Tree& tree, const Shape& shape, void* place) {
    switch (shape.kind) {
      case Kind::Boolean:
        return assign(place, found<bool>(tree));
      case Kind::Integer:
        return assign(place, Format::template integer<std::int32_t>(tree));
      case Kind::Long:
        return assign(place, Format::template integer<std::int64_t>(tree));
      case Kind::Float:
        return assign<double, float>(place, Format::number(tree));
      case Kind::Double:
        return assign(place, Format::number(tree));
      case Kind::String:
        return assign(place, found<std::string>(tree));
      case Kind::Blob:
        return assign(place, Format::blob(tree));
      case Kind::Timestamp:
        return assign(place, Format::timestamp(tree));
      default:
        return false;
    }
  }

  template <typename T>
  static std::optional<T> found(const Tree& tree) {
    const T* value = tree.template get<T>();
    return value ? std::optional(*value) : std::nullopt;
  }

  template <typename T, typename Place = T>
  static bool assign(void* place, std::optional<T> value) {
    if (value) *static_cast<Place*>(place) = static_cast<Place>(*std::move(value));
    return value.has_value();
  }

  Outcome<void> list(const Tree& tree, const Shape& shape, void* place, const Path& at) {
    const auto* elements = Format::array(tree);
    if (!elements) return Format::mismatch(tree, shape, at);
    for (std::size_t i = 0; i < elements->size(); ++i) {
      const Path here{.parent = &at, .position = i + 1};
      if (!TRY(wanted((*elements)[i], *shape.element, here))) continue;
      TRY(value((*elements)[i], *shape.element, shape.storage->append(place), here));
    }
    return {};
  }

  Outcome<void> map(const Tree& tree, const Shape& shape, void* place, const Path& at) {
    const auto* fields = Format::fields(tree);
    if (!fields) return Format::mismatch(tree, shape, at);
    for (const auto& [key, field] : *fields) {
      const Path here{.parent = &at, .key = &key};
      if (!TRY(wanted(field, *shape.element, here))) continue;
      // The trees hold each key once.
      void* item = shape.storage->insert(place, key);
      TRY(value(field, *shape.element, item, here));
    }
    return {};
  }

  // Whether an element is there; our lists and maps cannot hold nulls.
  Outcome<bool> wanted(const Tree& tree, const Shape& shape, const Path& at) {
    if (Format::is_absent(tree)) {
      if (violations_) return Format::mismatch(tree, shape, at);
      return false;
    }
    if (!decoded_bytes_.spend(shape))
      return refuse("RequestEntityTooLargeException", "The request body is too large", 413);
    return true;
  }

  Violations* violations_;
  DecodedBytes decoded_bytes_;
};

}  // namespace meridian::aws
