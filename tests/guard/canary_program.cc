// The canary by itself, with the hook: for the unit tests of its other side.
#include "engines/dns/canary/keeper.h"

int main() {
  return meridian::engines::dns::run_canary_keeper();
}
