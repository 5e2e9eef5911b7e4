# shipped_drills(OUT name…): docs/use/drills/<name>.toml as a source file, so that one binary has them all.
function(shipped_drills out)
  set(entries)
  foreach(name ${ARGN})
    set(file "${CMAKE_SOURCE_DIR}/docs/use/drills/${name}.toml")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    file(READ "${file}" text)
    string(APPEND entries "    {\"${name}\", R\"drill(${text})drill\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT "${out}" @ONLY CONTENT [[
// Made of docs/use/drills.
#include "apps/drill/shipped.h"

namespace meridian::apps::drill {

std::span<const Shipped> shipped() {
  static constexpr Shipped kAll[] = {
@entries@  };
  return kAll;
}

}  // namespace meridian::apps::drill
]])
endfunction()
