#include "services/cloudfront/quantities.h"

#include <algorithm>
#include <string_view>

#include "gen/cloudfront/errors.h"

namespace meridian::services::cloudfront {
namespace {

const aws::Member* member_named(const aws::Shape& shape, std::string_view name) {
  const auto found =
      std::ranges::find_if(shape.members, [&](const aws::Member& each) { return name == each.name; });
  return found == shape.members.end() ? nullptr : &*found;
}

bool consistent(const aws::Shape& shape, const void* value);

bool is_list_of_its_length(const aws::Shape& shape, const void* value) {
  const aws::Member* quantity = member_named(shape, "Quantity");
  const aws::Member* items = member_named(shape, "Items");
  if (!quantity || !items || items->shape->kind != aws::Kind::List) return true;
  const void* told = aws::find(*quantity, value);
  const void* list = aws::find(*items, value);
  const std::size_t count = list ? items->shape->storage->count(list) : 0;
  return !told || *static_cast<const std::int32_t*>(told) == static_cast<std::int64_t>(count);
}

bool consistent_list(const aws::Shape& shape, const void* value) {
  if (shape.element->kind != aws::Kind::Structure) return true;
  for (std::size_t i = 0; i < shape.storage->count(value); ++i)
    if (!consistent(*shape.element, shape.storage->at(value, i))) return false;
  return true;
}

bool consistent(const aws::Shape& shape, const void* value) {
  if (shape.kind == aws::Kind::List) return consistent_list(shape, value);
  if (shape.kind != aws::Kind::Structure) return true;
  if (!is_list_of_its_length(shape, value)) return false;
  return std::ranges::all_of(shape.members, [&](const aws::Member& member) {
    const void* part = aws::find(member, value);
    return !part || consistent(*member.shape, part);
  });
}

}  // namespace

aws::Outcome<void> check_quantities(const aws::Value& input) {
  if (!input.empty() && !consistent(input.shape(), input.data()))
    return gen::cloudfront::errors::InconsistentQuantities(
        "The value of Quantity and the size of Items don't match.");
  return {};
}

}  // namespace meridian::services::cloudfront
