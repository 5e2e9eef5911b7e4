// Hop-by-hop fields, decided by their length first: most fields are none.
#include "engines/cdn/rules/hop_by_hop.h"

namespace meridian::engines::cdn::rules {

bool is_hop_by_hop(std::string_view name) {
  switch (name.size()) {
    case 2:
      return same_name(name, "te");
    case 7:
      return same_name(name, "trailer") || same_name(name, "upgrade");
    case 10:
      return same_name(name, "connection") || same_name(name, "keep-alive");
    case 16:
      return same_name(name, "proxy-connection");
    case 17:
      return same_name(name, "transfer-encoding");
    case 18:
      return same_name(name, "proxy-authenticate");
    case 19:
      return same_name(name, "proxy-authorization");
    default:
      return false;
  }
}

bool is_named_by_connection(Fields message, std::string_view name) {
  bool named = false;
  for_each_member(message, "connection", [&](std::string_view member) { named |= same_name(member, name); });
  return named;
}

}  // namespace meridian::engines::cdn::rules
