// CLI11 costs seconds a file, so it stays in this one.
#include "apps/bill/bill_words.h"

#include <CLI/CLI.hpp>

#include "apps/client_words.h"

namespace meridian::apps {

void add_bill(CLI::App& root, BillOptions& options) {
  CLI::App& bill = *root.add_subcommand("bill", "What this traffic would cost at AWS's list prices");
  bill.add_option("--start", options.start, "The first day, 2026-11-01 (by default that of this month)")
      ->type_name("DATE");
  bill.add_option("--end", options.end, "The day after the last (by default tomorrow)")->type_name("DATE");
  bill.add_option("--distribution", options.distribution, "One distribution, and nothing else")
      ->type_name("ID");
  bill.add_option("--price-region", options.price_regions,
                  "Where viewers are, as AWS bills them, with their part in percent where there are several: "
                  "europe=60,united-states=40")
      ->type_name("REGION[=PERCENT]")
      ->delimiter(',');
  bill.add_option("--https-percent", options.https_percent, "The part of requests that come over HTTPS")
      ->check(silent(CLI::Range(0, 100)))
      ->type_name("PERCENT")
      ->capture_default_str();
  bill.add_option("--prices", options.prices,
                  "Another table of prices than the one that came with the program")
      ->type_name("FILE");
  add_endpoint(bill, options.client);
  add_output(bill, options.client.output);
}

}  // namespace meridian::apps
