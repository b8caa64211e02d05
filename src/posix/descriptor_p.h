// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXDESCRIPTOR_P_H
#define QTPREFORK_POSIXDESCRIPTOR_P_H

#include <QtCore/QByteArray>
#include <QtCore/QString>

#include <span>
#include <utility>
#include <vector>

/// These functions and classes are for descriptors, and for the texts of errors. This holds for all of src/posix: it
/// wraps every raw system call of the library. Descriptors are close-on-exec from the beginning, EINTR is never seen,
/// SIGPIPE never comes, and what can fail says so and leaves the cause in errno, for lastErrorText().
namespace Prefork::Posix {

/// Owns a descriptor and closes it when it is destroyed.
class Fd
{
public:
    Fd() = default;
    explicit Fd(int descriptor) noexcept
        : m_descriptor(descriptor)
    {
    }
    Fd(Fd &&other) noexcept
        : m_descriptor(other.take())
    {
    }
    Fd &operator=(Fd &&other) noexcept
    {
        reset(other.take());
        return *this;
    }
    ~Fd() { reset(); }
    [[nodiscard]] int get() const noexcept { return m_descriptor; }
    [[nodiscard]] bool isOpen() const noexcept { return m_descriptor >= 0; }
    [[nodiscard]] int take() noexcept { return std::exchange(m_descriptor, -1); }
    void reset(int descriptor = -1) noexcept;

private:
    int m_descriptor = -1;
};

[[nodiscard]] QString errorText(int error);
[[nodiscard]] QString lastErrorText();
[[nodiscard]] Fd duplicate(int descriptor);
/// Opens a pipe; the first end is the one to read from. Neither end ever waits.
[[nodiscard]] std::optional<std::pair<Fd, Fd>> openPipe();
bool setNonBlocking(int descriptor, bool nonBlocking);
void closeOnExec(int descriptor);
/// Returns the descriptors open in this process.
[[nodiscard]] std::vector<int> openDescriptors();
/// Closes all descriptors above 2 that are not in @p keep, which is sorted. It writes to no memory that a freshly
/// forked process would have to copy for it.
void closeAllBut(std::span<const int> keep);
/// Says what a descriptor is, for an error text: "/etc/passwd", "socket:[123]".
[[nodiscard]] QString describeDescriptor(int descriptor);

}

#endif
