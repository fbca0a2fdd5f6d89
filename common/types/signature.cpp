#include "common/types/signature.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace drover {

std::string first_line(const Signature& signature) {
  std::string text = signature.name + "(";
  for (std::size_t i = 0; i < signature.args.size(); ++i) {
    if (i > 0) text += ", ";
    text += signature.args[i].name + ": " + to_string(signature.args[i].type);
  }
  text += ") -> " + to_string(signature.returns);
  if (signature.batched) text += " batched";
  return text;
}

std::string to_string(const Signature& signature) {
  // The structs of all types together are found as those of one struct with these fields.
  std::vector<Field> all = signature.args;
  all.push_back({"", signature.returns});
  std::vector<Type> structs;
  collect_structs(Type::structure("", std::move(all)), structs);

  std::string text = first_line(signature);
  for (std::size_t i = 1; i < structs.size(); ++i) {
    text += "\n" + structs[i].name() + ": " + fields_to_string(structs[i]);
  }
  return text;
}

std::string signature_hash(const Signature& signature) {
  const std::string text = to_string(signature);
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

bool unify(const Type& from, const Type& to, Bindings& bindings) {
  if (!to.has_variables()) return assignable(from, to);
  switch (to.kind()) {
    case Type::Kind::Variable: {
      const auto [bound, is_new] = bindings.try_emplace(to.name(), from);
      if (is_new || assignable(from, bound->second)) return true;
      if (!assignable(bound->second, from)) return false;
      bound->second = from;
      return true;
    }
    case Type::Kind::Optional:
      return unify(from.is(Type::Kind::Optional) ? from.element() : from, to.element(), bindings);
    case Type::Kind::List:
      return from.is(Type::Kind::List) && unify(from.element(), to.element(), bindings);
    default:
      return false;
  }
}

Type substitute(const Type& type, const Bindings& bindings) {
  if (!type.has_variables()) return type;
  switch (type.kind()) {
    case Type::Kind::Variable: {
      const auto bound = bindings.find(type.name());
      return bound == bindings.end() ? type : bound->second;
    }
    case Type::Kind::List:
      return Type::list_of(substitute(type.element(), bindings));
    case Type::Kind::Optional:
      return Type::optional_of(substitute(type.element(), bindings));
    default:
      return type;
  }
}

}  // namespace drover
