# shipped_prices(OUT): docs/use/prices.toml as a source file, so that one binary has it.
function(shipped_prices out)
  set(file "${CMAKE_SOURCE_DIR}/docs/use/prices.toml")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" text)
  file(CONFIGURE OUTPUT "${out}" @ONLY CONTENT [[
// Made of docs/use/prices.toml.
#include "apps/bill/prices.h"

namespace meridian::apps::bill {

std::string_view shipped_prices() {
  return R"prices(@text@)prices";
}

}  // namespace meridian::apps::bill
]])
endfunction()
