// What zones need so that secondaries can follow them, put into each delta behind the compiler proper: SOA
// serials that rise, and a catalog of the zones (RFC 9432). Pure: all that it must know of the past is in the
// snapshot that is served.
//
// Route 53 never changes the serial of a SOA. When this is on, the serial that is served is the revision of
// the last commit that wrote the zone's resource, modulo 2^32: the same for every edge and after every
// restart. What the API shows stays as the user wrote it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "compilers/dns/compile.h"
#include "snapshots/dns/snapshot.h"

namespace meridian::compilers::dns {

inline constexpr std::string_view kCatalogZoneId = "CATALOG";  // ids of hosted zones begin with Z

struct SecondaryOptions {
  bool revision_serials = false;
  std::string catalog_apex;  // lower-case wire name; empty: no catalog
};

// The delta as it goes to the engines that serve `latest`. `written`: the zones whose resource its commits
// wrote; `zones`: the index after the compilation.
snapshots::dns::Delta amend_for_secondaries(snapshots::dns::Delta delta,
                                            std::span<const ZoneRevision> written, const ZoneIndex& zones,
                                            const snapshots::dns::DnsSnapshot& latest,
                                            const SecondaryOptions& options);

}  // namespace meridian::compilers::dns
