// A diagnosis as text for a terminal of a given width, and as JSON. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "apps/doctor/diagnosis.h"

namespace meridian::apps::doctor {

struct Paper {
  std::size_t columns = 80;
  bool colours = false;
};

std::string to_text(const Diagnosis& diagnosis, const Paper& paper);
std::string to_json(const Diagnosis& diagnosis);

}  // namespace meridian::apps::doctor
