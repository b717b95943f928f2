(** The rank from above by factors: F = F_columns V + A (F - F_columns V)_rows with rational V and A. Relations between rows
    are the case without columns, relations between columns that without rows, and zero blocks have both. *)

From Coq Require Import List ZArith QArith Lia Ring Setoid Morphisms.
From ExactCNN Require Import Numbers Ranks Residues Networks.
Import ListNotations.

(** A row less the combination of some of its own entries that the rows of V say. *)
Definition remainder (K : numbers) (columns : list nat) (V : list (list Q)) (width : nat) (row : list K) : list K :=
  map (fun j => sub (nth j row zero) (combination (columns_of columns row) (map (map of_Q) V) j)) (seq 0 width).

(** All remainders are combinations, by the rows of A, of those of some rows. *)
Definition factors_are_right (K : numbers) (vanishes : K -> bool) (F : matrix K) (width : nat)
  (columns : list nat) (V : list (list Q)) (rows : list nat) (A : list (list Q)) : bool :=
  let H := map (remainder K columns V width) F in
  let W := selected rows H in
  Nat.eqb (length V) (length columns) && Nat.eqb (length H) (length A) &&
  forallb (fun row => Nat.leb (length row) width) F && forallb (fun row => Nat.leb (length row) width) V &&
  forallb (fun pair => Nat.eqb (length (snd pair)) (length rows) &&
    forallb (fun j => vanishes (sub (nth j (fst pair) zero) (combination (map of_Q (snd pair)) W j))) (seq 0 width))
    (combine H A).

(** Relations that sums and products respect hold between parts of matrices, and between combinations of rows. *)
Section Relation.
  Variables K L : numbers.
  Variable R : K -> L -> Prop.
  Hypothesis R_add : forall x y a b, R x a -> R y b -> R (add x y) (add a b).
  Hypothesis R_mul : forall x y a b, R x a -> R y b -> R (mul x y) (mul a b).
  Hypothesis R_of_Q : forall q, R (of_Q q) (of_Q q).

  Lemma R_selected (rows : list nat) (F : matrix K) (F' : matrix L) :
    Forall2 (Forall2 R) F F' -> Forall2 (Forall2 R) (selected rows F) (selected rows F').
  Proof.
    intro H. induction rows as [| i rows IH]; simpl; constructor; [| exact IH].
    clear IH. revert i. induction H; intros [| i]; simpl; auto.
  Qed.

  Lemma R_columns (columns : list nat) (row : list K) (row' : list L) :
    Forall2 R row row' -> Forall2 R (columns_of columns row) (columns_of columns row').
  Proof. intro H. apply (R_map K L R). intro j. apply (R_nth K L R R_of_Q). exact H. Qed.

  Lemma R_each (f : list K -> list K) (g : list L -> list L) (F : matrix K) (F' : matrix L) :
    (forall row row', Forall2 R row row' -> Forall2 R (f row) (g row')) ->
    Forall2 (Forall2 R) F F' -> Forall2 (Forall2 R) (map f F) (map g F').
  Proof. intro H. induction 1; simpl; constructor; auto. Qed.

  Lemma R_combination (c : list K) (c' : list L) (F : matrix K) (F' : matrix L) (j : nat) :
    Forall2 R c c' -> Forall2 (Forall2 R) F F' -> R (combination c F j) (combination c' F' j).
  Proof.
    intro C. revert F F'. induction C as [| x a c c' X C IH]; intros F F' H; [apply R_of_Q |].
    destruct H as [| row row' F F' Hr H]; [apply R_of_Q |]. cbn [combination].
    apply R_add; [apply R_mul; [exact X | apply (R_nth K L R R_of_Q); exact Hr] | apply IH; exact H].
  Qed.

  Lemma R_sub x y a b : R x a -> R y b -> R (sub x y) (sub a b).
  Proof. intros X Y. apply R_add; [exact X |]. apply R_mul; [apply R_of_Q | exact Y]. Qed.

  Lemma R_remainder (columns : list nat) (V : list (list Q)) (width : nat) (row : list K) (row' : list L) :
    Forall2 R row row' -> Forall2 R (remainder K columns V width row) (remainder L columns V width row').
  Proof.
    intro H. apply (R_map K L R). intro j. apply R_sub; [apply (R_nth K L R R_of_Q); exact H |].
    apply R_combination; [apply R_columns; exact H |].
    induction V as [| v V IH]; simpl; constructor; [apply R_map; exact R_of_Q | exact IH].
  Qed.
End Relation.

Section Factors.
  Variable K : numbers.
  Variable eqv : K -> K -> Prop.
  Hypothesis laws : field_over_Q K eqv.
  Local Infix "==" := eqv (at level 70).
  Local Instance equality_instance : Equivalence eqv := equality K eqv laws.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add K) := add_proper K eqv laws.
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul K) := mul_proper K eqv laws.
  Add Ring K_ring : (ring_laws K eqv laws) (setoid equality_instance (ring_proper K eqv laws)).

  Lemma combination_app (c d : list K) (A B : matrix K) (j : nat) : length c = length A ->
    combination (c ++ d) (A ++ B) j == add (combination c A j) (combination d B j).
  Proof.
    revert A. induction c as [| x c IH]; intros [| r A] L; try discriminate L; cbn [app combination]; [ring |].
    rewrite IH by (injection L; auto). ring.
  Qed.

  Lemma combination_of_short (c : list K) (rows : matrix K) (width j : nat) :
    Forall (fun row => length row <= width)%nat rows -> (width <= j)%nat -> combination c rows j == zero.
  Proof.
    intros S J. apply (combination_of_zeros K eqv laws).
    apply (Forall_impl _ (P := fun r => (length r <= width)%nat)); [| exact S].
    intros r L. rewrite nth_overflow by lia. reflexivity.
  Qed.

  Lemma nth_remainder (columns : list nat) (V : list (list Q)) (width : nat) (row : list K) (j : nat) : (j < width)%nat ->
    nth j (remainder K columns V width row) zero =
    sub (nth j row zero) (combination (columns_of columns row) (map (map of_Q) V) j).
  Proof.
    intro J. unfold remainder. set (f := fun j => _).
    rewrite (nth_indep _ zero (f O)) by (rewrite map_length, seq_length; exact J).
    rewrite map_nth, seq_nth by exact J. reflexivity.
  Qed.

  Lemma rank_at_most_by_remainders (F : matrix K) (width : nat) (columns : list nat) (V : list (list Q))
    (rows : list nat) (A : list (list Q)) : length V = length columns ->
    Forall (fun row => length row <= width)%nat F -> Forall (fun row => length row <= width)%nat V ->
    let H := map (remainder K columns V width) F in
    Forall2 (fun h a => length a = length rows /\
      forall j, (j < width)%nat -> sub (nth j h zero) (combination (map of_Q a) (selected rows H) j) == zero) H A ->
    rank_at_most eqv F (length columns + length rows).
  Proof.
    intros L WF WV H E. set (W := selected rows H) in E.
    assert (S : Forall (fun row => length row <= width)%nat W).
    { apply Forall_forall. intros w I. apply in_map_iff in I. destruct I as (i & <- & _). unfold H.
      destruct (Nat.lt_ge_cases i (length (map (remainder K columns V width) F))) as [B | B].
      - apply (nth_In _ []) in B. apply in_map_iff in B. destruct B as (row & <- & _). unfold remainder.
        rewrite map_length, seq_length. reflexivity.
      - rewrite nth_overflow by exact B. simpl. lia. }
    assert (WV' : Forall (fun row => length row <= width)%nat (map (map (@of_Q K)) V)).
    { apply Forall_map. apply (Forall_impl _ (P := fun r => (length r <= width)%nat)); [| exact WV].
      intros r. rewrite map_length. auto. }
    exists (map (map of_Q) V ++ W). split; [unfold W, selected; rewrite app_length, !map_length; congruence |].
    assert (LW : length W = length rows) by apply map_length. clearbody W. unfold H in E. clear H.
    revert A E. induction F as [| row F IH]; intros A E; [constructor |].
    cbn [map] in E. inversion E as [| h a hs A' [La Ea] E' M M']. subst. inversion_clear WF as [| ? ? Wr WF'].
    constructor; [| apply (IH WF' A'); exact E'].
    exists (columns_of columns row ++ map of_Q a). split.
    { unfold columns_of. rewrite app_length, !map_length. congruence. }
    intro j. rewrite combination_app by (unfold columns_of; rewrite !map_length; congruence).
    destruct (Nat.lt_ge_cases j width) as [J | J].
    - specialize (Ea j J). rewrite nth_remainder in Ea by exact J.
      set (x := nth j row zero) in *. set (y := combination (columns_of columns row) _ j) in *.
      set (z := combination (map of_Q a) W j) in *.
      transitivity (add (sub (sub x y) z) (add y z)); [ring | rewrite Ea; ring].
    - rewrite nth_overflow, !(combination_of_short _ _ width j) by (auto; lia). ring.
  Qed.

  Variable L : numbers.
  Variable R : K -> L -> Prop.
  Hypothesis R_add : forall x y a b, R x a -> R y b -> R (add x y) (add a b).
  Hypothesis R_mul : forall x y a b, R x a -> R y b -> R (mul x y) (mul a b).
  Hypothesis R_of_Q : forall q, R (of_Q q) (of_Q q).
  Variable vanishes : L -> bool.
  Hypothesis R_vanishes : forall x a, R x a -> vanishes a = true -> x == zero.

  Theorem rank_at_most_by_factors (F : matrix K) (F' : matrix L) (width : nat) (columns : list nat) (V : list (list Q))
    (rows : list nat) (A : list (list Q)) : Forall2 (Forall2 R) F F' ->
    factors_are_right L vanishes F' width columns V rows A = true -> rank_at_most eqv F (length columns + length rows).
  Proof.
    intros N C. unfold factors_are_right in C. repeat (apply andb_prop in C; destruct C as [C ?C]).
    rename C0 into E, C1 into WV, C2 into WF, C3 into LH.
    apply Nat.eqb_eq in C, LH. rewrite forallb_forall in E, WV, WF.
    apply (rank_at_most_by_remainders F width columns V rows A C).
    - clear - N WF. induction N as [| row row' F F' Hr N IH]; constructor.
      + rewrite (same_length _ _ _ Hr). apply Nat.leb_le. apply WF. left. reflexivity.
      + apply IH. intros r I. apply WF. right. exact I.
    - apply Forall_forall. intros v I. apply Nat.leb_le. apply WV. exact I.
    - cbv zeta. assert (H := R_each K L R _ _ F F' (R_remainder K L R R_add R_mul R_of_Q columns V width) N).
      set (G := map (remainder K columns V width) F) in *. set (G' := map (remainder L columns V width) F') in *.
      assert (S := R_selected K L R rows G G' H). set (W := selected rows G) in *. set (W' := selected rows G') in *.
      clearbody W W' G G'. revert A LH E.
      induction H as [| h h' G G' Hh H IH]; intros [| a A] LH E; try discriminate LH; constructor.
      + specialize (E (h', a) (or_introl eq_refl)). apply andb_prop in E. destruct E as [La E].
        split; [apply Nat.eqb_eq; exact La |]. intros j J. rewrite forallb_forall in E.
        apply (R_vanishes _ (sub (nth j h' zero) (combination (map of_Q a) W' j))).
        * apply (R_sub K L R R_add R_mul R_of_Q); [apply (R_nth K L R R_of_Q); exact Hh |].
          apply (R_combination K L R R_add R_mul R_of_Q); [apply R_map; exact R_of_Q | exact S].
        * apply E. apply in_seq. lia.
      + apply IH; [injection LH; auto | intros x I; apply E; right; exact I].
  Qed.
End Factors.
