Attribute VB_Name = "Buttons"
Option Explicit

Public Sub DoIssue()
    Huizong "issue"
End Sub

Public Sub DoCollect()
    Huizong "collect"
End Sub

Public Sub DoFetch()
    Huizong "fetch"
End Sub

Public Sub DoAudit()
    Huizong "audit"
End Sub

Public Sub DoReturn()
    Huizong "return"
End Sub

Public Sub DoAggregate()
    Huizong "aggregate"
End Sub

Public Sub DoSign()
    Huizong "sign"
End Sub

Public Sub DoSubmit()
    Huizong "submit"
End Sub

Public Sub DoPapers()
    Huizong "papers"
End Sub

Public Sub DoSend()
    Huizong "send"
End Sub

Public Sub DoClose()
    Huizong "close"
End Sub

Public Sub DoDoctor()
    Huizong "doctor"
End Sub

Public Sub DoStatus()
    Huizong "status"
End Sub

Public Sub DoVerify()
    Huizong "verify"
End Sub

Public Sub DoPaper()
    Huizong "paper"
End Sub

Public Sub DoHistory()
    Huizong "history"
End Sub

Public Sub DoReopen()
    Huizong "reopen"
End Sub
