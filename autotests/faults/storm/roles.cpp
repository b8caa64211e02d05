// SPDX-License-Identifier: MIT
#include "roles.h"

#include "ledger.h"

#include <cstring>

namespace Storm {

namespace {

constexpr char Option[] = "--role"; // for nobody but this program

}

QList<QByteArray> argumentsOf(const ServerRole &role)
{
    return {"prefork-storm",
            Option,
            "server",
            role.path,
            QByteArray::number(role.generation),
            QByteArray::number(int(role.replaces))};
}

QList<QByteArray> argumentsOf(const ClientRole &role)
{
    return {"prefork-storm",
            Option,
            "client",
            role.path,
            QByteArray::number(role.index),
            QByteArray::number(role.seed),
            QByteArray::number(role.workers)};
}

bool isRole(int argc, char *argv[])
{
    return argc > 1 && !std::strcmp(argv[1], Option);
}

int runRole(int argc, char *argv[])
{
    QList<QByteArray> arguments;
    for (int i = 2; i < argc; ++i)
        arguments.append(argv[i]);
    const std::unique_ptr<Ledger> ledger = Ledger::adopt(LedgerDescriptor);
    if (!ledger) {
        std::fprintf(stderr, "prefork-storm: --role is for the storm itself\n");
        return 2;
    }
    if (arguments.value(0) == "server")
        return runServer(*ledger,
                         {.path = arguments.value(1),
                          .generation = arguments.value(2).toULongLong(),
                          .replaces = arguments.value(3).toInt() != 0});
    return runClient(*ledger,
                     {.path = arguments.value(1),
                      .index = arguments.value(2).toInt(),
                      .seed = arguments.value(3).toULongLong(),
                      .workers = arguments.value(4).toInt()});
}

}
