// From a name to an address: origins and endpoints that are known by name.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/address.h"

namespace meridian::upstream {

// A question under way; destroying it gives up.
class NameLookup {
 public:
  virtual ~NameLookup() = default;
};

// Of one loop's thread.
class Names {
 public:
  // An IPv4 address of the name; or why there is none, as Route 53 puts it: "Rcode NXDomain(3)". The lookup
  // may be destroyed inside.
  using OnFound = std::function<void(Result<net::IpAddress>)>;

  virtual ~Names() = default;
  // `on_found` is never called from inside.
  [[nodiscard]] virtual std::unique_ptr<NameLookup> look_up(const std::string& name, OnFound on_found) = 0;
};

}  // namespace meridian::upstream
