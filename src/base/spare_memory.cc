#include "base/spare_memory.h"

#include <malloc.h>

namespace meridian {

void give_back_memory() {
  malloc_trim(0);
}

}  // namespace meridian
