// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIX_P_H
#define QTPREFORK_POSIX_P_H

#include <QtCore/QByteArray>
#include <QtCore/QString>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <sys/types.h>
#include <utility>
#include <vector>

/// Every raw system call of the library, wrapped: descriptors are close-on-exec from birth, EINTR is invisible, SIGPIPE
/// never happens, and what can fail says so. Failures leave their cause in errno, for errorText().
namespace Prefork::Posix {

/// Owns a descriptor.
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

// Bytes

struct Transfer
{
    enum Status { Done, WouldBlock, Closed, Failed };
    Status status = Done;
    qsizetype bytes = 0;
    int error = 0; ///< errno of Failed, and of WouldBlock when the kernel has no memory just now
};
/// Reads once. Closed is end of file or a reset.
[[nodiscard]] Transfer readSome(int descriptor, std::span<char> into);
/// Writes once to a socket. Closed means nobody reads any more.
[[nodiscard]] Transfer writeSome(int socket, QByteArrayView bytes);
/// Neither waits, whoever has made the socket a blocking one.
[[nodiscard]] Transfer readNow(int socket, std::span<char> into);
[[nodiscard]] Transfer writeNow(int socket, QByteArrayView bytes);
/// Reads once from a blocking socket, and writes all to one (false when the peer is gone). Both wait for the kernel's
/// memory too.
[[nodiscard]] Transfer readPatiently(int socket, std::span<char> into);
[[nodiscard]] bool writeAll(int socket, QByteArrayView bytes);
/// How many bytes at most a single writeNow() takes all or not at all, whatever happens meanwhile to the process; 0
/// when there is no such promise.
[[nodiscard]] qsizetype atomicWriteLimit(int socket);
/// True when the peer of an idle connection has hung up or sent something; nothing is consumed.
[[nodiscard]] bool hasInput(int socket);
/// True when the peer has closed the connection for good, whether or not something is left to be read.
[[nodiscard]] bool hasHungUp(int socket);
/// The same, and on TCP also when the peer writes no more: nobody can tell the two apart there.
[[nodiscard]] bool hasLeft(int socket);
/// The next byte, if it has come, which stays to be read.
[[nodiscard]] std::optional<char> peekByte(int socket);

// Messages with a descriptor

[[nodiscard]] Transfer sendMessage(int socket, QByteArrayView message, int descriptor = -1, bool wait = false);
/// @p descriptor, if given, takes one that came along. A message longer than @p into is Failed with EMSGSIZE.
[[nodiscard]] Transfer receiveMessage(int socket, std::span<char> into, Fd *descriptor = nullptr);

// Sockets

enum class PairType { Stream, Messages };
[[nodiscard]] std::optional<std::pair<Fd, Fd>> socketPair(PairType type);
/// A pair for messages that has been seen to carry one, with a descriptor: a filter of system calls may not let them
/// through.
[[nodiscard]] std::optional<std::pair<Fd, Fd>> messagePair();
[[nodiscard]] Fd acceptConnection(int listener);
[[nodiscard]] Fd duplicate(int descriptor);
/// A pipe, first the end to read from; neither end ever waits.
[[nodiscard]] std::optional<std::pair<Fd, Fd>> openPipe();
bool setNonBlocking(int descriptor, bool nonBlocking);
/// How long a read of a blocking socket may take before it gives WouldBlock; 0 = any time.
void setReceiveTimeout(int socket, std::chrono::milliseconds timeout);
/// Whoever reads at the other end sees the end of file, even if other processes have the socket open.
void shutDownWriting(int socket);
[[nodiscard]] bool isUnixSocket(int socket);
/// Small messages at once, and a dead peer noticed: for TCP.
void tuneTcp(int socket);
struct Credentials
{
    uid_t uid = uid_t(-1);
    gid_t gid = gid_t(-1);
    pid_t pid = -1;
};
[[nodiscard]] std::optional<Credentials> peerCredentials(int socket);
/// `tcp://host:port` of a TCP connection's other end.
[[nodiscard]] QString peerAddress(int socket);

/// The address of a listening stream socket, unix or TCP, as text; empty if @p socket is none. An abstract name begins
/// with @.
[[nodiscard]] QString listeningAddress(int socket);
void closeOnExec(int descriptor);
/// Sends a datagram to a unix socket at a path, or by an abstract name that begins with @; false if nobody could be
/// reached.
bool sendDatagram(const QByteArray &path, QByteArrayView text);

// Socket files

[[nodiscard]] Fd openDirectory(const QByteArray &path);
/// The same directory once more, readable, with locks of its own.
[[nodiscard]] Fd openAgain(int directory);
/// The root directory, and @p name in @p directory, whatever it is: good for identify() and for going on from there,
/// not for reading.
[[nodiscard]] Fd openRoot();
[[nodiscard]] Fd openToLook(int directory, const QByteArray &name);
/// Where an open symbolic link points; empty on failure.
[[nodiscard]] QByteArray targetOfLink(int link);
/// Waits for the exclusive lock on an open directory, not for ever, for whoever can read the directory can lock it.
/// Closing it unlocks.
[[nodiscard]] bool lockDirectory(int directory, std::chrono::milliseconds patience);
struct FileIdentity
{
    dev_t device = 0;
    ino_t inode = 0;
    uid_t owner = 0;
    mode_t mode = 0;
    bool isSocket = false;
    bool isDirectory = false;
    bool isLink = false;
    friend bool operator==(const FileIdentity &a, const FileIdentity &b)
    {
        return a.device == b.device && a.inode == b.inode;
    }
};
/// Of @p name in @p directory itself, not of what a link points at. Nothing there: errno is ENOENT.
[[nodiscard]] std::optional<FileIdentity> identify(int directory, const QByteArray &name);
[[nodiscard]] std::optional<FileIdentity> identify(int descriptor);
/// A listening socket bound to @p name in @p directory, its file with @p mode.
[[nodiscard]] Fd listenAt(int directory, const QByteArray &name, mode_t mode, int backlog);
enum class Probe { Alive, Dead, Failed };
/// Whether anybody listens on the socket file.
[[nodiscard]] Probe probeSocket(int directory, const QByteArray &name);
/// A connection to the socket file at @p path, at once or not at all. Closed, with the cause in errno: EAGAIN if the
/// backlog is full.
[[nodiscard]] Fd connectToSocket(const QByteArray &path);
bool renameIn(int directory, const QByteArray &from, const QByteArray &to);
bool removeFrom(int directory, const QByteArray &name);

// Processes

/// Opens /dev/null as those of the descriptors 0-2 that are closed: else one of ours would get the number, and what is
/// printed or logged.
void occupyStandardDescriptors();
/// Ignores SIGPIPE, if it would end the process.
void outliveBrokenPipes();
/// Signals to the child wait until it calls receiveSignals(). What handlers of pthread_atfork() throw is never caught.
[[nodiscard]] pid_t forkProcess() noexcept;
/// What every process forked here does first. exit() ends like exitNow(), so that no handlers or static destructors of
/// the parent's program run; resetSignals(); descriptors above 2 are closed that are not in @p keep.
void beginProcess(std::vector<int> keep);
/// Ended children wait to be reaped, whatever some library has arranged.
void keepEndedChildren();
[[noreturn]] void exitNow(int status);
[[nodiscard]] pid_t processId();
[[nodiscard]] uid_t userId();
/// How many threads this process has; at least that many where there is no /proc.
[[nodiscard]] int threadCount();
/// What the C library keeps of freed memory goes back to the system, where it can.
void releaseFreeMemory();
struct Death
{
    pid_t pid = 0;
    int exitCode = -1; ///< -1 when killed by a signal
    int signal = 0; ///< and if this is 0 too, nobody knows
};
[[nodiscard]] QString describeDeath(const Death &death);
/// False, with the cause in errno, if there is no call by which this process may wait for children of its own, or none
/// by which it may send them signals.
[[nodiscard]] bool maySuperviseChildren();
/// Ends a child of ours, and reaps it.
void killChild(pid_t pid);
/// A child of ours that nobody else reaps. Kernels and filters that know no descriptors of processes are made do with.
class ChildProcess
{
public:
    ChildProcess() = default;
    explicit ChildProcess(pid_t pid);

    [[nodiscard]] pid_t pid() const { return m_pid; }
    /// Readable from its end on; -1 if there is none to be had, with the cause in errno when this was made.
    [[nodiscard]] int descriptor() const { return m_descriptor.get(); }
    /// Does nothing to one that has been reaped.
    bool signal(int signal) const;
    /// How it has ended; unset if it has not, or if nobody may know yet because another process traces it. It stays to
    /// be reaped, as far as the kernel allows to look without doing so.
    [[nodiscard]] std::optional<Death> death() const;
    /// Whether it has ended according to /proc, which says so even while another process traces it; false if /proc says
    /// nothing.
    [[nodiscard]] bool isZombie() const;
    /// Waits for its end, for ever if @p timeout is unset. Whether it has ended.
    bool waitForEnd(std::optional<std::chrono::nanoseconds> timeout) const;
    /// Reaps it, if it has ended. One that somebody else has reaped has ended in a way that nobody knows.
    std::optional<Death> reap() const;

private:
    pid_t m_pid = 0;
    Fd m_descriptor;
    mutable std::optional<Death> m_reaped; // from when on its pid may be another's
};
/// Says on a descriptor that children have ended, for those of whom no other one says it. There is one at a time in a
/// process.
class EndedChildren
{
    Q_DISABLE_COPY_MOVE(EndedChildren)

public:
    EndedChildren() = default;
    ~EndedChildren() { close(); }
    /// False if there are no descriptors for it.
    [[nodiscard]] bool open();
    void close();
    [[nodiscard]] bool isOpen() const { return m_readEnd.isOpen(); }
    /// Readable when a child has ended since the last clear().
    [[nodiscard]] int descriptor() const { return m_readEnd.get(); }
    void clear();

private:
    Fd m_readEnd;
};
/// Allows as many descriptors as may be had. Returns how many were allowed before, for limitDescriptors().
quint64 liftDescriptorLimit();
void limitDescriptors(quint64 count);
[[nodiscard]] quint64 descriptorLimit();
enum class Resource { AddressSpace, CpuSeconds, OpenFiles, CoreBytes, FileBytes };
/// "RLIMIT_AS", …
[[nodiscard]] QString nameOf(Resource resource);
[[nodiscard]] quint64 hardLimit(Resource resource);
/// Both limits, so that there is no way back without privileges.
bool limitResource(Resource resource, quint64 soft, quint64 hard);
/// Bytes; 0 if unknown.
[[nodiscard]] quint64 addressSpaceInUse();
bool setNice(int nice);
bool setOomScoreAdjust(int adjustment);
/// False if this process may not even ask, as under a filter that refuses prctl(2): then it may not forbid them either.
[[nodiscard]] bool mayForbidNewPrivileges();
bool forbidNewPrivileges();
/// Makes @p group the only group of this process, in all its roles.
bool becomeGroup(gid_t group);
/// Makes @p user this process's user in all roles.
bool becomeUser(uid_t user);
/// Tries to become root, in any role. A process for which this is true must end.
[[nodiscard]] bool regainsRoot();
/// Begins a session, and with it a process group, which no terminal's job control stops and which the kernel does not
/// hang up when its parent dies.
void leadSession();
/// Makes a child of ours, or with 0 this process, the leader of a process group of its own.
void leadGroup(pid_t pid);
/// Sends @p signal to all processes of the group that @p leader leads, a child of ours that has not been reaped. False
/// if it leads none.
bool signalGroup(pid_t leader, int signal);
/// Ends what is left of the group of a child of ours that has ended, and has not been reaped.
void killGroup(pid_t leader);
/// The descriptors open in this process.
[[nodiscard]] std::vector<int> openDescriptors();
/// What a descriptor is, for an error text: "/etc/passwd", "socket:[123]".
[[nodiscard]] QString describeDescriptor(int descriptor);
/// Makes room for titles: environment and arguments move elsewhere, for titles are written over them. Once is enough.
void prepareTitles();
/// Sets what ps shows, as far as there is room; nothing without prepareTitles().
void setTitle(const QByteArray &title);
void flushStdio();
/// Makes standard error one that does not wait for its reader, as far as that goes, until it is destroyed.
class HastyStderr
{
    Q_DISABLE_COPY_MOVE(HastyStderr)

public:
    HastyStderr();
    ~HastyStderr();
    /// False if writing would wait.
    [[nodiscard]] bool hasRoom() const { return m_hasRoom; }
    /// Whether anything written to stderr since the last time has got lost.
    [[nodiscard]] bool takeFailure();

private:
    bool m_hasRoom = true;
    Fd m_original; // while another stands in for it
};
/// Whether standard error takes a line without waiting for its reader, and some more that others may write meanwhile.
[[nodiscard]] bool hasAmpleStderr();
/// Writes @p line and an end of line to standard error without waiting. False if there was no room.
bool writeToStderrNow(QByteArray line);

// Waiting

struct Watch
{
    int descriptor = -1;
    bool wantsWrite = false;
    bool readable = false; ///< set by waitFor(): there is input, an end of file or an error
    bool writable = false;
};
/// Waits until a descriptor is ready or the time is up, whatever signals come; unset = for ever.
void waitFor(std::span<Watch> watches, std::optional<std::chrono::nanoseconds> timeout);

/// Which of the two calls that event loops wait with are refused, with the cause in errno: "poll()", "ppoll()", "poll()
/// and ppoll()"; empty if neither is.
[[nodiscard]] QString refusedPolling();

/// Waits for many descriptors at a cost that does not grow with their number, unless the kernel refuses epoll. A
/// descriptor must be removed before it is closed: its duplicates in other processes would keep it here.
class Poller
{
public:
    enum Interest : quint32 { HangUp = 0, Input = 1, Output = 2, HalfClose = 4 };
    struct Ready
    {
        quint64 token = 0;
        bool readable = false; ///< there is input, an end of file or an error
        bool writable = false;
        bool halfClosed = false; ///< the peer writes no more
        bool hungUp = false; ///< the connection is over in both directions, or an error; always of interest
    };

    [[nodiscard]] bool open();
    [[nodiscard]] bool add(int descriptor, quint32 interest, quint64 token);
    void change(int descriptor, quint32 interest, quint64 token);
    void remove(int descriptor);
    /// Waits until something is ready, a signal comes or the time is up; unset = for ever. Valid until the next call.
    [[nodiscard]] std::span<const Ready> wait(std::optional<std::chrono::nanoseconds> timeout);

private:
    struct Polled
    {
        int descriptor = -1;
        quint32 interest = HangUp;
        quint64 token = 0;
    };
    void waitByPolling(int milliseconds);

    Fd m_epoll; // if it is closed, m_polled has to do
    std::vector<Polled> m_polled;
    std::vector<Ready> m_ready;
    quint32 m_added = 0;
};

// Time

/// The monotonic clock as of its last tick, and how far apart its ticks are.
[[nodiscard]] std::chrono::nanoseconds coarseTime();
[[nodiscard]] std::chrono::nanoseconds coarseTimeResolution();

// Shared memory

/// @p bytes of zeroed memory shared with future children; null when there is none to be had.
[[nodiscard]] void *mapShared(std::size_t bytes);
void unmapShared(void *memory, std::size_t bytes);
[[nodiscard]] std::size_t pageSize();
bool protect(void *memory, std::size_t bytes, bool writable);

// Signals of a forked process

/// Signals are at their defaults, but for SIGPIPE: its handler does nothing, so that writing fails instead, while
/// programs that are executed from here get the default.
void resetSignals();
/// Signals that have waited come now.
void receiveSignals();
/// Asks a worker to leave as soon as it is free: SIGHUP, which does so from a shell as well.
extern const int LeaveSignal;
/// Runs @p handler whenever LeaveSignal comes, or a SIGTERM that @p zygote has not sent, wherever the process is just
/// then. A SIGTERM of
/// @p zygote ends the process.
void onLeaveSignal(pid_t zygote, void (*handler)());
/// Turns each SIGTERM into a byte on the returned descriptor. Closed, with the cause in errno, if that cannot be.
[[nodiscard]] Fd watchSigterm();

// Signals of a program

/// Turns the first two of SIGINT and SIGTERM into a byte each on the returned descriptor; the third has its default
/// effect. Closed, with EBUSY, while it is done already. Undone by unwatchTermination().
[[nodiscard]] Fd watchTermination();
void unwatchTermination();

}

#endif
