(** The two bounds belong together: a matrix with r independent rows has no r - 1 vectors that span its rows. So the words
    "rank from below" and "rank from above" mean what they say, and one number at most satisfies both. *)

From Coq Require Import List ZArith QArith Lia Setoid.
From ExactCNN Require Import Numbers Ranks Residues RationalRanks.
Import ListNotations.
Local Open Scope Q_scope.
Local Arguments Qred : simpl never.

Definition entry (c : list Q) (rows : list (list Q)) (j : nat) : Q := combination (K := rationals) c rows j.

Lemma entry_nil rows j : entry [] rows j == 0.
Proof. reflexivity. Qed.

Lemma entry_cons a c row rows j : entry (a :: c) (row :: rows) j == a * nth j row 0 + entry c rows j.
Proof. unfold entry. simpl. rewrite !Qred_correct. reflexivity. Qed.

Lemma entry_app c c' rows rows' j : length c = length rows ->
  entry (c ++ c') (rows ++ rows') j == entry c rows j + entry c' rows' j.
Proof.
  revert rows. induction c as [| a c IH]; intros [| row rows] L; try discriminate L.
  - simpl. change (entry [] [] j) with 0. ring.
  - cbn [app]. rewrite !entry_cons, IH by (injection L; auto). ring.
Qed.

(** a other - b row, for other = b :: ... *)
Definition reduce (a : Q) (row other : list Q) (j : nat) : Q := a * nth (S j) other 0 - nth O other 0 * nth j row 0.

(** More rows than columns: some combination vanishes. *)
Lemma more_rows_than_columns (n : nat) (rows : list (list Q)) :
  Forall (fun row => length row = n) rows -> (n < length rows)%nat ->
  exists c, length c = length rows /\ ~ Forall (fun x => x == 0) c /\ forall j, entry c rows j == 0.
Proof.
  revert rows. induction n as [| n IH]; intros rows A L.
  - destruct rows as [| row rows]; [simpl in L; lia |]. exists (1 :: map (fun _ => 0) rows).
    split; [simpl; rewrite map_length; reflexivity |].
    split; [intro F; inversion_clear F as [| ? ? X _]; discriminate X |]. intro j. rewrite entry_cons.
    assert (Z : forall c, entry c rows j == 0).
    { inversion_clear A as [| ? ? _ A']. clear L. induction A' as [| r l R A' IHl]; intros [| b c]; try reflexivity.
      rewrite entry_cons, IHl. destruct r; [| discriminate R]. destruct j; simpl; ring. }
    rewrite Z. inversion_clear A as [| ? ? R _]. destruct row; [| discriminate R]. destruct j; simpl; ring.
  - destruct (Forall_Exists_dec (fun row => nth O row 0 == 0) (fun row => Qeq_dec (nth O row 0) 0) rows) as [Z | N].
    + (* the first column is 0: leave it out *)
      destruct (IH (map (@tl Q) rows)) as (c & C & NZ & H).
      * clear - A. induction A as [| row l R A IHl]; simpl; constructor; [destruct row; simpl in *; lia | exact IHl].
      * rewrite map_length. lia.
      * rewrite map_length in C. exists c. split; [exact C |]. split; [exact NZ |]. intros [| j].
        -- apply (combination_of_zeros rationals Qeq rationals_field). exact Z.
        -- specialize (H j). unfold entry in H. rewrite (combination_tl rationals) in H. exact H.
    + (* a row with a first entry other than 0, and the others without their first entries *)
      apply Exists_exists in N. destruct N as (row & I & N). destruct (in_split _ _ I) as (before & after & E).
      subst rows. rewrite app_length in L. simpl in L.
      assert (R : length row = S n) by (rewrite Forall_forall in A; apply A; exact I).
      set (a := nth O row 0) in *.
      set (step := fun other : list Q => map (fun j => reduce a (tl row) other j) (seq 0 n)).
      destruct (IH (map step (before ++ after))) as (c & C & NZ & H).
      * apply Forall_forall. intros r J. apply in_map_iff in J. destruct J as (s & <- & _). unfold step.
        rewrite map_length. apply seq_length.
      * rewrite map_length, app_length. lia.
      * rewrite map_length in C.
        assert (Step : forall l d, Forall (fun r => length r = S n) l -> forall j, (j < n)%nat ->
          entry d (map step l) j == a * entry d l (S j) - entry d l O * nth j (tl row) 0).
        { intros l d. revert d. induction l as [| r l IHl]; intros [| b d] F j J; try (cbn; ring).
          inversion_clear F as [| ? ? F0 F1]. cbn [map]. rewrite !entry_cons, IHl by assumption.
          unfold step at 1. assert (V : nth j (map (fun i => reduce a (tl row) r i) (seq 0 n)) 0 == reduce a (tl row) r j).
          { rewrite (nth_indep _ 0 (reduce a (tl row) r O)) by (rewrite map_length, seq_length; exact J).
            rewrite (map_nth (fun i => reduce a (tl row) r i)), seq_nth by exact J. reflexivity. }
          rewrite V. unfold reduce. ring. }
        (* the coefficients: a c for the others, and what cancels the first column for the row *)
        set (c1 := firstn (length before) c). set (c2 := skipn (length before) c).
        assert (Cc : c = c1 ++ c2) by (symmetry; apply firstn_skipn).
        assert (L1 : length c1 = length before) by (unfold c1; rewrite firstn_length, C, app_length; lia).
        assert (L2 : length c2 = length after) by (unfold c2; rewrite skipn_length, C, app_length; lia).
        set (others := fun j => entry c1 before j + entry c2 after j).
        exists (map (Qmult a) c1 ++ (- others O) :: map (Qmult a) c2).
        assert (Scale : forall d l j, entry (map (Qmult a) d) l j == a * entry d l j).
        { induction d as [| b d IHd]; intros [| r l] j; try (cbn; ring). cbn [map]. rewrite !entry_cons, IHd. ring. }
        split; [rewrite !app_length; simpl; rewrite !map_length, L1, L2; reflexivity |]. split.
        -- intro F. apply NZ. rewrite Cc. apply Forall_app in F. destruct F as [F1 F2]. inversion_clear F2 as [| ? ? _ F3].
           assert (U : forall d, Forall (fun x => x == 0) (map (Qmult a) d) -> Forall (fun x => x == 0) d).
           { induction d as [| b d IHd]; intro F; constructor; inversion_clear F as [| ? ? F4 F5]; [| apply IHd; exact F5].
             destruct (Qmult_integral _ _ F4) as [X | X]; [contradiction | exact X]. }
           apply Forall_app. split; apply U; assumption.
        -- intro j. rewrite entry_app by (rewrite map_length; exact L1). rewrite entry_cons, !Scale.
           assert (FF : Forall (fun r => length r = S n) (before ++ after)).
           { apply Forall_app in A. destruct A as [A1 A2]. inversion_clear A2. apply Forall_app. split; assumption. }
           assert (Both : forall i, entry c (before ++ after) i == others i).
           { intro i. rewrite Cc. rewrite entry_app by exact L1. reflexivity. }
           destruct j as [| j].
           ++ fold a. unfold others. ring.
           ++ assert (T : nth (S j) row 0 = nth j (tl row) 0) by (destruct row; [destruct j |]; reflexivity). rewrite T.
              destruct (Nat.lt_ge_cases j n) as [J | J].
              ** specialize (H j). rewrite (Step _ _ FF j J), !Both in H. unfold others in *.
                 eapply Qeq_trans; [| exact H]. ring.
              ** (* beyond the columns everything is 0 *)
                 assert (Y : forall l d, Forall (fun r => length r = S n) l -> entry d l (S j) == 0).
                 { intros l d F. apply (combination_of_zeros rationals Qeq rationals_field).
                   eapply Forall_impl; [| exact F]. intros r Hr. simpl. rewrite nth_overflow; [reflexivity |].
                   eapply Nat.le_trans; [apply Nat.eq_le_incl; exact Hr | lia]. }
                 apply Forall_app in FF. destruct FF as [FA FB]. rewrite (Y _ _ FA), (Y _ _ FB).
                 rewrite nth_overflow by (destruct row; simpl in *; lia). ring.
Qed.

Lemma entry_of_entries (c : list Q) (C : list (list Q)) (B rows : list (list Q)) (j : nat) :
  Forall2 (fun row own => forall i, nth i row 0 == entry own B i) rows C ->
  entry c rows j == entry (map (fun k => entry c C k) (seq 0 (length B))) B j.
Proof.
  intro F.
  assert (Flat : forall own : list Q, forall B', (forall s, entry (map (fun k => nth (s + k)%nat own 0) (seq 0 (length B'))) B' j
     == entry (skipn s own) B' j)).
  { intros own B'. induction B' as [| b B' IH]; intro s.
    - destruct (skipn s own); reflexivity.
    - cbn [length seq map]. rewrite entry_cons, <- seq_shift, map_map, Nat.add_0_r.
      assert (M : map (fun x => nth (s + S x)%nat own 0) (seq 0 (length B')) = map (fun x => nth (S s + x)%nat own 0) (seq 0 (length B'))).
      { apply map_ext. intro x. f_equal. lia. }
      rewrite M, (IH (S s)).
      destruct (Nat.lt_ge_cases s (length own)) as [L | L].
      + assert (D : skipn s own = nth s own 0 :: skipn (S s) own).
        { clear - L. revert s L. induction own as [| x own IHo]; intros [| s] L; simpl in *; try lia; [reflexivity |].
          rewrite (IHo s) by lia. destruct own; reflexivity. }
        rewrite D, entry_cons. reflexivity.
      + rewrite nth_overflow by exact L. rewrite !skipn_all2 by lia. rewrite !entry_nil. ring. }
  revert c. induction F as [| row own rows C E F IH]; intro c.
  - assert (Nil : forall d k, entry d [] k == 0) by (intros [| x d] k; reflexivity). rewrite Nil. symmetry.
    apply (combination_with_zeros rationals Qeq rationals_field). apply Forall_forall.
    intros x X. apply in_map_iff in X. destruct X as (k & <- & _). apply Nil.
  - destruct c as [| a c].
    + rewrite entry_nil. symmetry. apply (combination_with_zeros rationals Qeq rationals_field). apply Forall_forall.
      intros x X. apply in_map_iff in X. destruct X as (k & <- & _). reflexivity.
    + rewrite entry_cons, IH, E, <- (Flat own B O). clear.
      cbn [Nat.add]. generalize (seq 0 (length B)). intro l. revert l. induction B as [| b B IHB]; intros [| k l]; try (cbn; ring).
      cbn [map]. rewrite !entry_cons, <- IHB. ring.
Qed.

Theorem bounds_agree (F : rational_matrix) (r s : nat) : rank_from_below F r -> rank_from_above F s -> (r <= s)%nat.
Proof.
  intros (indices & L & I) (B & LB & Span). destruct (Nat.le_gt_cases r s) as [H | H]; [exact H | exfalso].
  assert (rows : exists C, Forall2 (fun row own => forall i, nth i row 0 == entry own B i) (selected indices F) C /\
    Forall (fun own => length own = s) C).
  { clear I L H. induction indices as [| i l (C & F2 & A)]; [exists []; split; constructor |].
    destruct (Nat.lt_ge_cases i (length F)) as [J | J].
    - rewrite Forall_forall in Span. destruct (Span (nth i F []) (nth_In _ _ J)) as (own & Lo & E).
      exists (own :: C). split; constructor; assumption.
    - exists (repeat 0 s :: C). split; constructor; try assumption; [| apply repeat_length].
      intro k. assert (Nil : nth i F [] = []) by (apply nth_overflow; exact J). unfold selected in *.
      rewrite Nil. destruct k; simpl; symmetry; apply (combination_with_zeros rationals Qeq rationals_field);
        apply Forall_forall; intros x X; apply repeat_spec in X; subst x; reflexivity. }
  destruct rows as (C & F2 & A).
  assert (LC : length C = r).
  { rewrite <- L, <- (map_length (fun i => nth i F []) indices). symmetry. exact (same_length _ _ _ F2). }
  destruct (more_rows_than_columns s C A) as (c & Lc & NZ & Z); [rewrite LC; exact H |].
  apply NZ. apply I.
  - exact (eq_trans Lc (eq_trans LC (eq_sym (eq_trans (map_length _ _) L)))).
  - intro j. change (entry c (selected indices F) j == 0). rewrite (entry_of_entries c C B _ j F2).
    apply (combination_with_zeros rationals Qeq rationals_field). apply Forall_forall. intros x X.
    apply in_map_iff in X. destruct X as (k & <- & _). apply Z.
Qed.
