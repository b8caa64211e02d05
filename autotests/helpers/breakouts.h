// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_BREAKOUTS_H
#define AUTOTESTS_BREAKOUTS_H

#include <QtPrefork/Interface>

#include <QtCore/QFile>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace Test {

// The number of the error of a call that may fail; 0 if it has succeeded.
inline QVariant errorOf(qint64 result)
{
    return result < 0 ? errno : 0;
}

/// Opens descriptors until it gets no more: the highest it got, and the error.
inline QVariant openMany()
{
    std::vector<int> opened;
    for (int next = 0; (next = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
        opened.push_back(next);
    const int error = errno;
    const int highest = opened.empty() ? -1 : *std::max_element(opened.begin(), opened.end());
    for (const int descriptor : opened)
        ::close(descriptor);
    return QVariantList{highest, error};
}

inline QVariant writeMuch(const QString &path, qint64 bytes)
{
    const int file = ::open(QFile::encodeName(path).constData(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    const std::vector<char> block(4096, 'x');
    for (qint64 written = 0; written < bytes;) {
        const ssize_t count = ::write(file, block.data(), block.size());
        if (count < 0)
            return errno;
        written += count;
    }
    return 0;
}

inline QVariant outputOf(const QString &command)
{
    std::FILE *const pipe = ::popen(qPrintable(command), "re");
    QByteArray output(4096, '\0');
    output.resize(qsizetype(std::fread(output.data(), 1, std::size_t(output.size()), pipe)));
    ::pclose(pipe);
    return QString::fromLocal8Bit(output).trimmed();
}

/// Methods with which a worker tries to leave its limits.
inline void addBreakouts(Prefork::Interface &interface)
{
    using Arguments = const QVariantList &;
    interface.add("allocate", [](Arguments arguments) {
        return QVariant(QByteArray(arguments.value(0).toLongLong(), 'x').size());
    });
    interface.add("spin", [](Arguments) -> QVariant {
        for (std::atomic<int> turns = 0;; ++turns) { }
    });
    interface.add("openMany", [](Arguments) { return openMany(); });
    interface.add("writeMuch", [](Arguments arguments) {
        return writeMuch(arguments.value(0).toString(), arguments.value(1).toLongLong());
    });
    interface.add("abortIn", [](Arguments arguments) -> QVariant {
        if (::chdir(QFile::encodeName(arguments.value(0).toString()).constData()) == 0)
            ::abort();
        return errno;
    });
    interface.add("limit", [](Arguments arguments) { // the soft one and the hard one
        rlimit limit{};
        ::getrlimit(__rlimit_resource(arguments.value(0).toInt()), &limit);
        return QVariantList{qint64(limit.rlim_cur), qint64(limit.rlim_max)};
    });
    interface.add("raise", [](Arguments arguments) {
        const auto resource = __rlimit_resource(arguments.value(0).toInt());
        rlimit limit{};
        ::getrlimit(resource, &limit);
        ++limit.rlim_max;
        return errorOf(::setrlimit(resource, &limit));
    });
    interface.add("nice", [](Arguments) { return QVariant(::getpriority(PRIO_PROCESS, 0)); });
    interface.add("setNice", [](Arguments arguments) {
        return errorOf(::setpriority(PRIO_PROCESS, 0, arguments.value(0).toInt()));
    });
    interface.add("ids", [](Arguments) { // all that it is, and the number of its further groups
        uid_t users[3] = {};
        gid_t groups[3] = {};
        ::getresuid(&users[0], &users[1], &users[2]);
        ::getresgid(&groups[0], &groups[1], &groups[2]);
        return QVariantList{users[0], users[1], users[2], groups[0], groups[1], groups[2], ::getgroups(0, nullptr)};
    });
    interface.add("setuid", [](Arguments arguments) { return errorOf(::setuid(arguments.value(0).toUInt())); });
    interface.add("setgid", [](Arguments arguments) { return errorOf(::setgid(arguments.value(0).toUInt())); });
    interface.add("setgroups", [](Arguments arguments) {
        const gid_t group = arguments.value(0).toUInt();
        return errorOf(::setgroups(1, &group));
    });
    interface.add("read", [](Arguments arguments) {
        return errorOf(::open(QFile::encodeName(arguments.value(0).toString()).constData(), O_RDONLY | O_CLOEXEC));
    });
    interface.add("run", [](Arguments arguments) { return outputOf(arguments.value(0).toString()); });
}

}

#endif
