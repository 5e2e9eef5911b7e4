// A parsed tree of JSON or CBOR into a generated struct: the walk is the same for both, scalars are the
// Format's. Rule: unknown members are skipped and an absent value (null) is a member that did not come; a
// value of another type is refused. What the model demands beyond types is the business of Violations.
#pragma once

#include "aws/error.h"
#include "aws/protocols/constraints.h"
#include "aws/protocols/decoded_bytes.h"

namespace meridian::aws {

enum class Members : std::uint8_t { All, OfBody };

// Format has: Tree; array(tree) and fields(tree), null when it is none; field(tree, member), null when it is
// not there; is_absent(tree); scalar(tree, shape, timestamp, place, at); mismatch(tree, shape, at).
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
      TRY(value(*field, *member.shape, member.timestamp, emplace(member, place),
                Path{.parent = &at, .member = member.name}));
    }
    return {};
  }

 private:
  Outcome<void> value(const Tree& tree, const Shape& shape, TimestampFormat timestamp, void* place,
                      const Path& at) {
    switch (shape.kind) {
      case Kind::Structure:
        return structure(tree, shape, place, at, Members::All);
      case Kind::List:
        return list(tree, shape, place, at);
      case Kind::Map:
        return map(tree, shape, place, at);
      default:
        return Format::scalar(tree, shape, timestamp, place, at);
    }
  }

  Outcome<void> list(const Tree& tree, const Shape& shape, void* place, const Path& at) {
    const auto* elements = Format::array(tree);
    if (!elements) return Format::mismatch(tree, shape, at);
    for (std::size_t i = 0; i < elements->size(); ++i) {
      const Path here{.parent = &at, .position = i + 1};
      if (!TRY(wanted((*elements)[i], *shape.element, here))) continue;
      TRY(value((*elements)[i], *shape.element, shape.element->timestamp, shape.storage->append(place),
                here));
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
      TRY(value(field, *shape.element, shape.element->timestamp, item, here));
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
