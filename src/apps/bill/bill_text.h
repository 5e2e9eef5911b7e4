// A bill for people and for programs.
#pragma once

#include <chrono>
#include <string>

#include "apps/bill/statement.h"

namespace meridian::apps::bill {

struct Period {
  std::chrono::sys_days start{}, end{};  // the day after the last
};
std::string as_text(const Period& period, const Usage& usage, const Prices& prices,
                    const Statement& statement);
std::string as_json(const Period& period, const Usage& usage, const Prices& prices,
                    const Statement& statement);

}  // namespace meridian::apps::bill
