// SPDX-License-Identifier: MIT
// A server for other programs. With systemd it needs no options: the address is in demo/cookbook/wordcount.socket.
#include "common/serve.h"

#include "wordcount.h"

int main(int argc, char *argv[])
{
    Demo::ServerCommandLine commandLine(argc, argv,
                                        QStringLiteral("Workers that count words: words(text), frequencies(text)."));
    commandLine.parse();
    Prefork::Interface interface;
    WordCount::addTo(interface);
    Prefork::Zygote zygote(interface, {.name = "wordcount"});
    QCoreApplication app(argc, argv);
    return commandLine.serve(&zygote);
}
